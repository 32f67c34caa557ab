-- Grain: one row per order or refund that a line of a file with stated totals (a bill) tells of.
-- Every line counts here, whichever version of its order is in force: it is what the file's own totals were made of.
with landed as (
    select
        'orders' as stream, platform, coalesce(account_id, '') as account_id, order_id as line_id, currency,
        {{ money('gross_amount') }} as amount, cast(_period_date as date) as business_date, {{ version_columns() }}
    from {{ lake('orders', 'orders') }}
    union all
    select
        'refunds' as stream, platform, coalesce(account_id, '') as account_id, refund_id as line_id, currency,
        {{ money('amount') }} as amount, cast(_period_date as date) as business_date, {{ version_columns() }}
    from {{ lake('orders', 'refunds') }}
)

-- The same bytes may have landed under two declarations.
select
    stream, file_sha256, row_no, platform, account_id, business_date, line_id, currency, amount,
    max(snapshot_at) as snapshot_at
from landed
where file_sha256 in (select file_sha256 from {{ source('control', 'stated_totals') }})
group by stream, file_sha256, row_no, platform, account_id, business_date, line_id, currency, amount
