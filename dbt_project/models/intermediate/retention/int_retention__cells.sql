{{ config(materialized='view') }}
-- Grain: one row per definition, period grain, cohort, period index and scope, for every period that has begun to be observed.
-- How many returned in the period, up to it, and in it or later: three running sums over one set of changes.
with indexes as (
    select cast(row_number() over (order by business_date) - 1 as bigint) as period_index
    from {{ ref('int_calendar__dates') }}
),

cells as (
    select cohorts.*, indexes.period_index
    from {{ ref('int_retention__cohorts') }} as cohorts
    inner join indexes
        on
            cohorts.horizon >= indexes.period_index
            and {{ add_periods('cohorts.cohort_start', 'cohorts.period_grain', 'indexes.period_index') }} <= cohorts.observed_until
),

-- One change where a run of returns begins and one where it ends: their running sum is who returned in exactly that period.
bounded_changes as (
    select definition, period_grain, scope_type, scope_id, cohort_start, first_index as period_index, 1 as change
    from {{ ref('int_retention__returns') }}
    union all
    select definition, period_grain, scope_type, scope_id, cohort_start, last_index + 1 as period_index, -1 as change
    from {{ ref('int_retention__returns') }}
),

per_member as (
    select definition, period_grain, scope_type, scope_id, cohort_start, member_key, min(first_index) as first_index, max(last_index) as last_index
    from {{ ref('int_retention__returns') }}
    group by definition, period_grain, scope_type, scope_id, cohort_start, member_key
),

changes as (
    select definition, period_grain, scope_type, scope_id, cohort_start, period_index, change as bounded, 0 as within_periods, 0 as ended
    from bounded_changes
    union all
    select definition, period_grain, scope_type, scope_id, cohort_start, first_index as period_index, 0 as bounded, 1 as within_periods, 0 as ended
    from per_member
    union all
    -- Who returned for the last time in period i is gone from i + 1 on.
    select definition, period_grain, scope_type, scope_id, cohort_start, last_index + 1 as period_index, 0 as bounded, 0 as within_periods, 1 as ended
    from per_member
),

returned as (
    select definition, period_grain, scope_type, scope_id, cohort_start, count(*) as members
    from per_member
    group by definition, period_grain, scope_type, scope_id, cohort_start
),

summed as (
    select
        definition,
        period_grain,
        scope_type,
        scope_id,
        cohort_start,
        period_index,
        sum(bounded) as bounded,
        sum(within_periods) as within_periods,
        sum(ended) as ended
    from changes
    group by definition, period_grain, scope_type, scope_id, cohort_start, period_index
)

select
    cells.*,
    sum(coalesce(summed.bounded, 0)) over cohort_to_index as retained,
    sum(coalesce(summed.within_periods, 0)) over cohort_to_index as retained_within,
    coalesce(returned.members, 0) - sum(coalesce(summed.ended, 0)) over cohort_to_index as retained_rolling
from cells
left join summed using (definition, period_grain, scope_type, scope_id, cohort_start, period_index)
left join returned using (definition, period_grain, scope_type, scope_id, cohort_start)
window cohort_to_index as (
    partition by cells.definition, cells.period_grain, cells.scope_type, cells.scope_id, cells.cohort_start
    order by cells.period_index
    rows between unbounded preceding and current row
)
