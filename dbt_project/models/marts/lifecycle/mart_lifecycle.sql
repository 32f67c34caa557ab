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

counted as (
    select
        period_grain,
        period_start,
        scope_type,
        scope_id,
        {{ count_where("status <> 'dormant'") }} as active,
        {{ count_where("status = 'new'") }} as new,
        {{ count_where("status = 'retained'") }} as retained,
        {{ count_where("status = 'resurrected'") }} as resurrected,
        {{ count_where("status = 'dormant'") }} as dormant
    from {{ ref('int_activity__period_statuses') }}
    group by period_grain, period_start, scope_type, scope_id
)

select
    spine.period_grain,
    spine.period_start,
    spine.scope_type,
    spine.scope_id,
    coalesce(counted.active, 0) as active,
    coalesce(counted.new, 0) as new,
    coalesce(counted.retained, 0) as retained,
    coalesce(counted.resurrected, 0) as resurrected,
    coalesce(counted.dormant, 0) as dormant,
    {{ ratio('coalesce(counted.new, 0) + coalesce(counted.resurrected, 0)', 'counted.dormant') }} as quick_ratio,
    {{ period_end('spine.period_start', 'spine.period_grain') }} <= spine.last_date as is_complete_period
from spine
left join counted
    on
        spine.period_grain = counted.period_grain
        and spine.period_start = counted.period_start
        and spine.scope_type = counted.scope_type
        and spine.scope_id = counted.scope_id
