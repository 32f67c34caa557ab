-- Grain: one row per metric, account and business date of which a bill states the total: the newest file that does.
-- A file whose lines are of several days or accounts states no day's total, and one of several currencies no amount.
with files as (
    select
        file_sha256,
        min(platform) as platform,
        min(account_id) as account_id,
        min(business_date) as business_date,
        max(snapshot_at) as snapshot_at,
        min(currency) as currency,
        min(currency) = max(currency) as has_one_currency
    from {{ ref('stg_orders__stated_lines') }}
    group by file_sha256
    having min(platform) = max(platform) and min(account_id) = max(account_id) and min(business_date) = max(business_date)
),

stated as (
    select file_sha256, 'gross_amount' as metric, max(stated) as stated, max(found) as found
    from {{ source('control', 'stated_totals') }}
    where stream = 'orders' and column_name = 'gross_amount'
    group by file_sha256

    union all

    select file_sha256, 'refund_amount' as metric, max(stated) as stated, max(found) as found
    from {{ source('control', 'stated_totals') }}
    where stream = 'refunds' and column_name = 'amount'
    group by file_sha256

    union all

    -- A bill counts its lines. Only one that states the sum of orders too tells how many orders there were.
    select lines.file_sha256, 'orders' as metric, max(lines.stated) as stated, max(lines.found) as found
    from {{ source('control', 'stated_totals') }} as lines
    inner join {{ source('control', 'stated_totals') }} as sums on lines.file_sha256 = sums.file_sha256 and sums.column_name = 'gross_amount'
    where lines.column_name = ''
    group by lines.file_sha256
),

ranked as (
    select
        stated.metric,
        files.platform,
        files.account_id,
        files.business_date,
        files.file_sha256,
        case when stated.metric <> 'orders' then files.currency end as currency,
        {{ money('stated.stated') }} as reported,
        {{ money('stated.found') }} as found,
        row_number() over (
            partition by stated.metric, files.platform, files.account_id, files.business_date
            order by files.snapshot_at desc, files.file_sha256 desc
        ) as file_rank
    from stated
    inner join files on stated.file_sha256 = files.file_sha256
    where stated.metric = 'orders' or files.has_one_currency
)

select metric, platform, account_id, business_date, file_sha256, currency, reported, found
from ranked
where file_rank = 1
