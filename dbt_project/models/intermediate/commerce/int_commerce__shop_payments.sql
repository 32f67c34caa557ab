-- Grain: one row per transaction id of the shops' own orders.
-- By it a 微信支付 bill's line finds the order that it pays: one transaction id is one payment, and the shop's order stands for it.
with ranked as (
    select
        transaction_id,
        platform,
        account_id,
        order_id,
        row_number() over (partition by transaction_id order by platform, account_id, order_id) as transaction_rank
    from {{ ref('stg_orders__orders') }}
    where platform <> 'wechat_pay' and transaction_id is not null
)

select transaction_id, platform, account_id, order_id
from ranked
where transaction_rank = 1
