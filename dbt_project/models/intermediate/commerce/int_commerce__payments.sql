-- Grain: one row per order, with the order that stands for its payment (itself, but for a payment that two sources show).
-- A purchase is seen by the shop and by 微信支付: one transaction id is one payment, the shop's order wins and the bill reconciles.
with shop_orders as (
    select
        *,
        row_number() over (partition by transaction_id order by platform, account_id, order_id) as transaction_rank
    from {{ ref('stg_orders__orders') }}
    where platform <> 'wechat_pay' and transaction_id is not null
)

select
    orders.platform,
    orders.account_id,
    orders.order_id,
    coalesce(shop_orders.platform, orders.platform) as standing_platform,
    coalesce(shop_orders.account_id, orders.account_id) as standing_account_id,
    coalesce(shop_orders.order_id, orders.order_id) as standing_order_id,
    shop_orders.order_id is null as stands_for_itself
from {{ ref('stg_orders__orders') }} as orders
left join shop_orders
    on orders.platform = 'wechat_pay' and orders.transaction_id = shop_orders.transaction_id and shop_orders.transaction_rank = 1
