{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    touches_member_dates={'funnel': 'order_date'}
) }}
-- Grain: one row per paid order of a member.
-- Only paid orders count; an order that is refunded in full stays an order. A bill's line of a shop's order is no second one.
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
left join {{ ref('int_commerce__shop_payments') }} as shop
    on case when orders.platform = 'wechat_pay' then orders.transaction_id end = shop.transaction_id
left join {{ ref('int_identity__members') }} as identity on orders.member_id = identity.native_id
left join {{ ref('int_identity__actors') }} as actors on coalesce(identity.member_key, orders.member_id) = actors.member_key
where lower(orders.status) = 'paid' and actors.member_key is null and shop.order_id is null
