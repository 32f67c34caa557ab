{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['period_grain', 'period_start'],
    affected='rebuilt_periods'
) }}
-- Grain: one row per period (day, week, month) and scope, from the scope's first activity to the last date that is known.
-- Growth accounting: active = new + retained + resurrected, and active follows from the period before exactly.
with spine as (
    select distinct
        rebuilt.period_grain,
        rebuilt.period_start,
        scope_dates.scope_type,
        scope_dates.scope_id,
        scope_dates.last_date
    from {{ ref('int_status__scope_dates') }} as scope_dates
    inner join {{ ref('int_activity__rebuilt_periods') }} as rebuilt
        on
            scope_dates.last_date >= rebuilt.period_start
            and scope_dates.first_date <= {{ period_end('rebuilt.period_start', 'rebuilt.period_grain') }}
    where scope_dates.domain = 'activity'
),

-- Who is first seen in a period and active in it was not active before it: the three kinds of active members are disjoint.
new_members as (
    select
        grains.period_grain,
        {{ period_start('first_seen.first_seen_date', 'grains.period_grain') }} as period_start,
        first_seen.scope_type,
        first_seen.scope_id,
        {{ count_measure('count(*)') }} as new
    from {{ ref('int_activity__first_seen') }} as first_seen
    cross join {{ grains() }} as grains (period_grain)
    where
        first_seen.first_seen_date >= (select min(period_start) from {{ ref('int_activity__rebuilt_periods') }})
        and {{ period_start('first_seen.first_seen_date', 'grains.period_grain') }}
        = {{ period_start('first_seen.first_active_date', 'grains.period_grain') }}
    group by
        grains.period_grain,
        {{ period_start('first_seen.first_seen_date', 'grains.period_grain') }},
        first_seen.scope_type,
        first_seen.scope_id
),

-- Dormant are those of the period before who did not come back in this one.
counted as (
    select
        spine.period_grain,
        spine.period_start,
        spine.scope_type,
        spine.scope_id,
        spine.last_date,
        coalesce(counts.active, 0) as active,
        coalesce(counts.retained, 0) as retained,
        coalesce(new_members.new, 0) as new,
        coalesce(counts.active_before - counts.retained, 0) as dormant
    from spine
    left join {{ ref('int_activity__period_counts') }} as counts
        on
            spine.period_grain = counts.period_grain
            and spine.period_start = counts.period_start
            and spine.scope_type = counts.scope_type
            and spine.scope_id = counts.scope_id
    left join new_members
        on
            spine.period_grain = new_members.period_grain
            and spine.period_start = new_members.period_start
            and spine.scope_type = new_members.scope_type
            and spine.scope_id = new_members.scope_id
)

select
    period_grain,
    period_start,
    scope_type,
    scope_id,
    {{ count_measure('active') }} as active,
    {{ count_measure('new') }} as new,
    {{ count_measure('retained') }} as retained,
    {{ count_measure('active - new - retained') }} as resurrected,
    {{ count_measure('dormant') }} as dormant,
    {{ ratio('active - retained', 'dormant') }} as quick_ratio,
    {{ period_end('period_start', 'period_grain') }} <= last_date as is_complete_period
from counted
