-- Grain: one row per successful refund of a member's order, on the date of the refund.
-- A refund whose order has not landed cannot be attributed to a member: it counts on its platform, not on a channel.
-- What a bill pays back of a shop's order belongs to that order, and counts unless the shop reports refunds of the order itself.
with attributed as (
    select
        refunds.refund_id,
        refunds.refunded_at,
        refunds.business_date,
        refunds.amount,
        refunds.currency,
        refunds.status,
        coalesce(shop.platform, refunds.platform) as platform,
        coalesce(shop.account_id, refunds.account_id) as account_id,
        coalesce(shop.order_id, refunds.order_id) as order_id,
        shop.order_id is null as is_own
    from {{ ref('int_commerce__reported_refunds') }} as refunds
    left join {{ ref('int_commerce__shop_payments') }} as shop
        on case when refunds.platform = 'wechat_pay' then refunds.transaction_id end = shop.transaction_id
),

refunded_by_shop as (
    select distinct platform, account_id, order_id
    from attributed
    where is_own
)

select
    refunds.platform,
    refunds.account_id,
    refunds.refund_id,
    refunds.order_id,
    orders.member_key,
    refunds.business_date as refund_date,
    refunds.amount,
    refunds.currency
from attributed as refunds
left join refunded_by_shop as own
    on refunds.platform = own.platform and refunds.account_id = own.account_id and refunds.order_id = own.order_id
left join {{ ref('stg_orders__orders') }} as landed
    on refunds.platform = landed.platform and refunds.account_id = landed.account_id and refunds.order_id = landed.order_id
left join {{ ref('int_commerce__orders') }} as orders
    on refunds.platform = orders.platform and refunds.account_id = orders.account_id and refunds.order_id = orders.order_id
where
    lower(refunds.status) = 'success'
    and (refunds.is_own or own.order_id is null)
    -- An order that has landed but does not count (staff, unpaid) takes its refunds with it.
    and (landed.order_id is null or orders.order_id is not null)
