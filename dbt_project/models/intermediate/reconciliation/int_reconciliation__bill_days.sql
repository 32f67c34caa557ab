-- Grain: one row per metric, account and business date from the first to the last one of which a bill states the total.
-- Our own figure beside theirs; a day in between without a bill has no reported figure. No amount is of two currencies.
with ranges as (
    select metric, platform, account_id, min(business_date) as first_date, max(business_date) as last_date, min(currency) as currency
    from {{ ref('int_reconciliation__statements') }}
    group by metric, platform, account_id
),

days as (
    select
        ranges.metric,
        ranges.platform,
        ranges.account_id,
        dates.business_date,
        coalesce(statements.currency, ranges.currency) as currency,
        statements.reported
    from ranges
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between ranges.first_date and ranges.last_date
    left join {{ ref('int_reconciliation__statements') }} as statements
        on
            ranges.metric = statements.metric
            and ranges.platform = statements.platform
            and ranges.account_id = statements.account_id
            and dates.business_date = statements.business_date
),

counted as (
    select 'orders' as metric, platform, account_id, order_date as business_date, '' as currency, count(*) as ours
    from {{ ref('int_commerce__orders') }}
    group by platform, account_id, order_date
    union all
    select 'gross_amount' as metric, platform, account_id, order_date as business_date, currency, sum(gross_amount) as ours
    from {{ ref('int_commerce__orders') }}
    group by platform, account_id, order_date, currency
    union all
    select 'refund_amount' as metric, platform, account_id, refund_date as business_date, currency, sum(amount) as ours
    from {{ ref('int_commerce__refunds') }}
    group by platform, account_id, refund_date, currency
)

select
    days.metric,
    days.platform,
    days.account_id,
    days.business_date,
    days.currency,
    days.reported,
    {{ money('coalesce(counted.ours, 0)') }} as ours
from days
left join counted
    on
        days.metric = counted.metric
        and days.platform = counted.platform
        and days.account_id = counted.account_id
        and days.business_date = counted.business_date
        and coalesce(days.currency, '') = counted.currency
