{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['definition', 'period_grain', 'cohort_start'],
    affected='rebuilt_cohorts'
) }}
-- Grain: one row per definition, period grain, cohort, period index and scope, for every period that has begun to be observed.
-- A cell whose period is not over keeps its count and has no rate: an immature cohort is never shown as low retention.
with known as (
    select
        *,
        {{ add_periods('cohort_start', 'period_grain', 'period_index') }} as cell_start,
        -- Before the source of returns begins, nobody was seen to return and nobody was seen not to.
        period_index = 0
        or {{ add_periods('cohort_start', 'period_grain', 'period_index') }} >= returns_observed_from as is_known,
        period_index > 0
        and {{ add_periods('cohort_start', 'period_grain', 1) }} >= returns_observed_from as is_known_from_start
    from {{ ref('int_retention__cells') }}
),

flagged as (
    select
        *,
        is_listed and is_known and {{ period_end('cell_start', 'period_grain') }} <= observed_until as is_mature,
        is_listed
        and is_known
        and {{ period_end(add_periods('cohort_start', 'period_grain', 'horizon'), 'period_grain') }} <= observed_until as is_rolling_mature,
        case when period_index = 0 then cohort_members when is_known then retained end as returned,
        case when period_index = 0 then cohort_members when is_known then retained_rolling end as returned_rolling,
        case when is_known_from_start then retained_within end as returned_within
    from known
)

select
    definition,
    period_grain,
    cohort_start,
    {{ count_measure('period_index') }} as period_index,
    scope_type,
    scope_id,
    cohort_members,
    case when is_mature then cohort_members else 0 end as eligible_members,
    {{ count_measure('returned') }} as retained_members,
    {{ count_measure('case when is_mature then returned else 0 end') }} as retained_eligible_members,
    {{ count_measure('returned_rolling') }} as retained_members_rolling,
    {{ count_measure('returned_within') }} as retained_members_within,
    case when is_mature then {{ ratio('returned', 'cohort_members') }} end as retention_rate,
    case when is_rolling_mature then {{ ratio('returned_rolling', 'cohort_members') }} end as rolling_retention_rate,
    case when is_mature then {{ ratio('returned_within', 'cohort_members') }} end as within_retention_rate,
    is_mature,
    is_rolling_mature
from flagged
