-- Grain: one row per successful refund of a member's order, on the date of the refund.
-- A refund whose order has not landed cannot be attributed to a member: it counts on its platform, not on a channel.
select
    refunds.platform,
    refunds.account_id,
    refunds.refund_id,
    refunds.order_id,
    orders.member_key,
    refunds.business_date as refund_date,
    refunds.amount,
    refunds.currency
from {{ ref('stg_refunds__refunds') }} as refunds
left join {{ ref('stg_orders__orders') }} as landed
    on refunds.platform = landed.platform and refunds.account_id = landed.account_id and refunds.order_id = landed.order_id
left join {{ ref('int_commerce__orders') }} as orders
    on refunds.platform = orders.platform and refunds.account_id = orders.account_id and refunds.order_id = orders.order_id
-- An order that has landed but does not count (staff, unpaid) takes its refunds with it.
where lower(refunds.status) = 'success' and (landed.order_id is null or orders.order_id is not null)
