-- Grain: one row per metric, account, business date and reason why a bill's total is not our figure.
-- Each step is counted by itself, from the lines and from what is in force; none is what the others leave over.
with statements as (
    select *, case metric when 'refund_amount' then 'refunds' else 'orders' end as stream
    from {{ ref('int_reconciliation__statements') }}
),

lines as (
    select
        statements.metric,
        statements.platform,
        statements.account_id,
        statements.business_date,
        statements.currency,
        lines.row_no,
        lines.line_id,
        lines.stream = statements.stream as is_claim,
        case statements.metric when 'orders' then 1 else lines.amount end as amount
    from statements
    inner join {{ ref('stg_orders__stated_lines') }} as lines
        on statements.file_sha256 = lines.file_sha256 and (statements.metric = 'orders' or statements.stream = lines.stream)
),

-- A line that takes its payment back tells of an order and of a refund: it is one line.
counted_lines as (
    select metric, platform, account_id, business_date, row_no, max(amount) as amount, max(case when is_claim then amount else 0 end) as claimed
    from lines
    group by metric, platform, account_id, business_date, row_no
),

told as (
    select metric, platform, account_id, business_date, sum(amount) as accepted, sum(claimed) as claimed
    from counted_lines
    group by metric, platform, account_id, business_date
),

in_force as (
    select
        statements.metric,
        statements.platform,
        statements.account_id,
        statements.business_date,
        claims.becomes,
        keys.line_id is not null as is_in_bill,
        case statements.metric when 'orders' then 1 else claims.amount end as amount
    from statements
    inner join {{ ref('int_reconciliation__claims') }} as claims
        on
            statements.stream = claims.stream
            and statements.platform = claims.platform
            and statements.account_id = claims.account_id
            and statements.business_date = claims.business_date
            and (statements.metric = 'orders' or statements.currency = claims.currency)
    left join (
        select distinct metric, platform, account_id, business_date, line_id
        from lines
        where is_claim
    ) as keys
        on
            statements.metric = keys.metric
            and statements.platform = keys.platform
            and statements.account_id = keys.account_id
            and statements.business_date = keys.business_date
            and claims.line_id = keys.line_id
),

standing as (
    select metric, platform, account_id, business_date, sum(amount) as amount
    from in_force
    where is_in_bill
    group by metric, platform, account_id, business_date
)

-- What the file holds and could not be read.
select metric, platform, account_id, business_date, 'quarantined' as reason, told.accepted - statements.found as change
from statements
inner join told using (metric, platform, account_id, business_date)
union all
select metric, platform, account_id, business_date, 'other_lines' as reason, claimed - accepted as change
from told
union all
-- Another version of the order or refund is in force: of another amount or day, or taken back.
select metric, platform, account_id, business_date, 'superseded' as reason, coalesce(standing.amount, 0) - told.claimed as change
from told
left join standing using (metric, platform, account_id, business_date)
union all
select metric, platform, account_id, business_date, becomes as reason, -sum(amount) as change
from in_force
where is_in_bill and becomes <> 'counted'
group by metric, platform, account_id, business_date, becomes
union all
select metric, platform, account_id, business_date, 'late' as reason, sum(amount) as change
from in_force
where not is_in_bill and becomes = 'counted'
group by metric, platform, account_id, business_date
