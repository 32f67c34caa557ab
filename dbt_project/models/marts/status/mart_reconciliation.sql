-- Grain: one row per metric, platform account, business date and reason why the platform's own figure is not ours.
-- The changes of a day lead exactly from what the platform reports to what the marts say. A figure that one side lacks is NULL, and so
-- is then every change: nothing is explained that is not there.
with cells as (
    select metric, platform, account_id, business_date, currency, reported, ours
    from {{ ref('int_reconciliation__bill_days') }}
    union all
    select metric, platform, account_id, business_date, cast(null as varchar) as currency, reported, ours
    from {{ ref('int_reconciliation__count_steps') }}
    where reason = 'unexplained'
),

changes as (
    select metric, platform, account_id, business_date, reason, change
    from {{ ref('int_reconciliation__bill_steps') }}
    union all
    select metric, platform, account_id, business_date, reason, change
    from {{ ref('int_reconciliation__count_steps') }}
    where reason <> 'unexplained'
),

explained as (
    select
        cells.metric,
        cells.platform,
        cells.account_id,
        cells.business_date,
        steps.step_index,
        steps.reason,
        cells.currency,
        cells.reported,
        cells.ours,
        coalesce(changes.change, 0) as known_change,
        sum(coalesce(changes.change, 0)) over (partition by cells.metric, cells.platform, cells.account_id, cells.business_date) as known_changes
    from cells
    inner join {{ ref('int_reconciliation__steps') }} as steps on cells.metric = steps.metric
    left join changes
        on
            cells.metric = changes.metric
            and cells.platform = changes.platform
            and cells.account_id = changes.account_id
            and cells.business_date = changes.business_date
            and steps.reason = changes.reason
),

changed as (
    select
        *,
        -- What no reason accounts for stands in a row of its own.
        case
            when reported is null or ours is null then null
            when reason = 'unexplained' then ours - reported - known_changes
            else known_change
        end as change
    from explained
)

select
    changed.metric,
    changed.platform,
    changed.account_id,
    changed.business_date,
    changed.reason,
    changed.step_index,
    changed.currency,
    {{ money('changed.reported') }} as reported,
    {{ money('changed.change') }} as change,
    {{ money('changed.ours') }} as ours,
    case
        when changed.reason <> 'unexplained' or changed.change is null then null
        when abs(changed.change) > greatest(tolerances.critical_above, tolerances.critical_share * abs(changed.reported)) then 'critical'
        when abs(changed.change) > greatest(tolerances.warning_above, tolerances.warning_share * abs(changed.reported)) then 'warning'
        else 'within'
    end as assessment
from changed
left join {{ ref('reconciliation_tolerances') }} as tolerances on changed.metric = tolerances.metric
