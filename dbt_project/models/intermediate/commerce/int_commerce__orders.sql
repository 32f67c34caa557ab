-- Grain: one row per paid order of a member.
-- Only paid orders count; an order that is refunded in full stays an order.
select
    orders.platform,
    orders.account_id,
    orders.order_id,
    coalesce(identity.member_key, orders.member_id) as member_key,
    orders.paid_at,
    orders.business_date as order_date,
    orders.gross_amount,
    orders.currency
from {{ ref('stg_orders__orders') }} as orders
inner join {{ ref('int_commerce__payments') }} as payments
    on
        orders.platform = payments.platform
        and orders.account_id = payments.account_id
        and orders.order_id = payments.order_id
        and payments.stands_for_itself
left join {{ ref('int_identity__members') }} as identity on orders.member_id = identity.native_id
left join {{ ref('int_identity__actors') }} as actors on coalesce(identity.member_key, orders.member_id) = actors.member_key
where lower(orders.status) = 'paid' and actors.member_key is null
