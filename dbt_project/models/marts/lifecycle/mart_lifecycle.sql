{{ config(materialized='incremental', incremental_strategy='replace_partitions', partition_columns=['period_grain', 'period_start'], affected='affected_lifecycle_periods') }}
-- depends_on: {{ ref('int_activity__rebuilt_dates') }}
-- Grain: one row per period (day, week, month) and scope, from the scope's first activity to the last date that is known.
-- Growth accounting: active = new + retained + resurrected, and active follows from the period before exactly.
with spine as (
    select distinct
        grains.period_grain,
        {{ period_start('dates.business_date', 'grains.period_grain') }} as period_start,
        scope_dates.scope_type,
        scope_dates.scope_id,
        scope_dates.last_date
    from {{ ref('int_status__scope_dates') }} as scope_dates
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between scope_dates.first_date and scope_dates.last_date
    cross join {{ grains() }} as grains (period_grain)
    where scope_dates.domain = 'activity'
),

rebuilt as (
    select distinct spine.period_grain, spine.period_start
    from spine
    {% if is_incremental() -%}
    inner join ({{ affected_lifecycle_periods() }}) as affected
        on spine.period_grain = affected.period_grain and spine.period_start = affected.period_start
    {%- endif %}
),

-- Every rebuilt period and the one before it.
needed as (
    select period_grain, period_start from rebuilt
    union
    select period_grain, {{ add_periods('period_start', 'period_grain', -1) }} as period_start from rebuilt
),

needed_dates as (
    select needed.period_grain, needed.period_start, dates.business_date
    from needed
    inner join {{ ref('int_calendar__dates') }} as dates
        on dates.business_date between needed.period_start and {{ period_end('needed.period_start', 'needed.period_grain') }}
),

active as (
    select distinct needed_dates.period_grain, needed_dates.period_start, days.scope_type, days.scope_id, days.member_key
    from {{ ref('int_activity__member_day_scopes') }} as days
    inner join needed_dates on days.business_date = needed_dates.business_date
),

-- Each member of a period, seen from the period itself and from the one after it.
seen as (
    select
        period_grain,
        period_start,
        scope_type,
        scope_id,
        member_key,
        max(is_active) as is_active,
        max(was_active) as was_active
    from (
        select period_grain, period_start, scope_type, scope_id, member_key, 1 as is_active, 0 as was_active
        from active
        union all
        select
            period_grain,
            {{ add_periods('period_start', 'period_grain', 1) }} as period_start,
            scope_type,
            scope_id,
            member_key,
            0 as is_active,
            1 as was_active
        from active
    ) as both_views
    group by period_grain, period_start, scope_type, scope_id, member_key
),

classified as (
    select
        seen.period_grain,
        seen.period_start,
        seen.scope_type,
        seen.scope_id,
        case
            when seen.is_active = 0 then 'dormant'
            when {{ period_start('first_seen.first_seen_date', 'seen.period_grain') }} = seen.period_start then 'new'
            when seen.was_active = 1 then 'retained'
            else 'resurrected'
        end as status
    from seen
    inner join {{ ref('int_activity__first_seen') }} as first_seen
        on
            seen.scope_type = first_seen.scope_type
            and seen.scope_id = first_seen.scope_id
            and seen.member_key = first_seen.member_key
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
    from classified
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
inner join rebuilt on spine.period_grain = rebuilt.period_grain and spine.period_start = rebuilt.period_start
left join counted
    on
        spine.period_grain = counted.period_grain
        and spine.period_start = counted.period_start
        and spine.scope_type = counted.scope_type
        and spine.scope_id = counted.scope_id
