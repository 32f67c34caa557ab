{{ config(materialized='view') }}
-- Grain: a few rows per definition, period grain, scope, rebuilt cohort and period index: what changes with that period.
-- `bounded`: who returned in the period, less who returned in the one before. `within_periods`: who
-- returned for the first time. `ended`: who returned for the last time in the period before. Their running sums are the cells.
with period_returns as (
    select
        definition,
        period_grain,
        scope_type,
        scope_id,
        cohort_start,
        {{ periods_between(period_start('business_date', 'period_grain'), 'cohort_start', 'period_grain') }} as period_index,
        {{ count_measure('sum(members)') }} as members
    from {{ ref('int_retention__return_days') }}
    where (definition, period_grain, cohort_start) in (
        select definition, period_grain, cohort_start from {{ ref('int_retention__rebuilt_cohorts') }}
    )
    group by
        definition,
        period_grain,
        scope_type,
        scope_id,
        cohort_start,
        {{ periods_between(period_start('business_date', 'period_grain'), 'cohort_start', 'period_grain') }}
)

select definition, period_grain, scope_type, scope_id, cohort_start, period_index, bounded, within_periods, ended
from {{ ref('int_retention__kept_changes') }}
where (definition, period_grain, cohort_start) in (
    select definition, period_grain, cohort_start from {{ ref('int_retention__rebuilt_cohorts') }}
)
union all
select
    definition, period_grain, scope_type, scope_id, cohort_start, period_index,
    members as bounded, 0 as within_periods, 0 as ended
from period_returns
union all
select
    definition, period_grain, scope_type, scope_id, cohort_start, period_index + 1 as period_index,
    -members as bounded, 0 as within_periods, 0 as ended
from period_returns
union all
select definition, period_grain, scope_type, scope_id, cohort_start, period_index, bounded, within_periods, ended
from {{ ref('int_retention__cohort_changes') }}
