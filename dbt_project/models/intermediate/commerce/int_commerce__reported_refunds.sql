-- Grain: one row per refund, whichever source reports it.
-- The mapped file of refunds is believed before the files that bring the orders.
with reported as (
    select
        platform, account_id, refund_id, order_id, cast(null as varchar) as transaction_id,
        refunded_at, business_date, amount, currency, status, 1 as preference
    from {{ ref('stg_refunds__refunds') }}
    union all
    select
        platform, account_id, refund_id, order_id, transaction_id,
        refunded_at, business_date, amount, currency, status, 2 as preference
    from {{ ref('stg_orders__refunds') }}
),

ranked as (
    select *, row_number() over (partition by platform, account_id, refund_id order by preference) as source_rank
    from reported
)

select platform, account_id, refund_id, order_id, transaction_id, refunded_at, business_date, amount, currency, status
from ranked
where source_rank = 1
