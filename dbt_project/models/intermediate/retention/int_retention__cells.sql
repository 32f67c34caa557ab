{{ config(materialized='view') }}
{%- set cohort = ['definition', 'period_grain', 'scope_type', 'scope_id', 'cohort_start'] | join(', ') -%}
-- Grain: one row per definition, period grain, rebuilt cohort, period index and scope, for every period that has begun to be observed.
-- How many returned in the period, up to it, and in it or later: sums over one set of changes.
with indexes as (
    select {{ days_between('business_date', "date '2000-01-01'") }} as period_index
    from {{ ref('int_calendar__dates') }}
    where {{ days_between('business_date', "date '2000-01-01'") }} <= (select max(horizon) from {{ ref('int_retention__cohorts') }})
),

cells as (
    select cohorts.*, indexes.period_index
    from {{ ref('int_retention__cohorts') }} as cohorts
    inner join indexes
        on
            cohorts.horizon >= indexes.period_index
            and {{ add_periods('cohorts.cohort_start', 'cohorts.period_grain', 'indexes.period_index') }} <= cohorts.observed_until
),

changes as (
    select
        {{ cohort }},
        period_index,
        sum(bounded) as bounded,
        sum(within_periods) as within_periods,
        sum(ended) as ended
    from {{ ref('int_retention__changes') }}
    group by {{ cohort }}, period_index
)

select
    cells.*,
    sum(coalesce(changes.bounded, 0)) over cohort_to_index as retained,
    sum(coalesce(changes.within_periods, 0)) over cohort_to_index as retained_within,
    -- Who has returned at all so far, less whose last return lies before.
    sum(coalesce(changes.within_periods, 0)) over (
        partition by cells.definition, cells.period_grain, cells.scope_type, cells.scope_id, cells.cohort_start
    ) - sum(coalesce(changes.ended, 0)) over cohort_to_index as retained_rolling
from cells
left join changes using ({{ cohort }}, period_index)
window cohort_to_index as (
    partition by cells.definition, cells.period_grain, cells.scope_type, cells.scope_id, cells.cohort_start
    order by cells.period_index
    rows between unbounded preceding and current row
)
