{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['window_grain', 'window_start'],
    affected='affected_stickiness_windows'
) }}
-- Grain: one row per declared window, period grain, number of active periods and scope, from 1 to the periods that have begun.
-- A whole histogram: a number of periods that nobody reached is a 0, so that rows of different windows can be laid over each other.
with numbers as (
    select cast(row_number() over (order by business_date) as bigint) as active_periods
    from {{ ref('int_calendar__dates') }}
),

histogram as (
    select window_grain, window_start, period_grain, scope_type, scope_id, active_periods, {{ count_measure('count(*)') }} as members
    from {{ ref('int_stickiness__active_periods') }}
    group by window_grain, window_start, period_grain, scope_type, scope_id, active_periods
),

reached as (
    select window_grain, window_start, period_grain, scope_type, scope_id, max(active_periods) as most_periods
    from histogram
    group by window_grain, window_start, period_grain, scope_type, scope_id
),

spine as (
    select
        windows.window_grain,
        windows.window_start,
        windows.window_end,
        windows.period_grain,
        scope_dates.scope_type,
        scope_dates.scope_id,
        scope_dates.last_date,
        {{ periods_between(
            period_start('least(windows.window_end, scope_dates.last_date)', 'windows.period_grain'),
            period_start('windows.window_start', 'windows.period_grain'),
            'windows.period_grain'
        ) }} + 1 as begun_periods
    from {{ ref('int_status__scope_dates') }} as scope_dates
    inner join {{ ref('int_stickiness__rebuilt_windows') }} as windows
        on scope_dates.last_date >= windows.window_start and scope_dates.first_date <= windows.window_end
    where scope_dates.domain = 'activity'
),

-- What has landed of days past the last known one counts as everywhere: a window that runs shows what is there.
cells as (
    select spine.*, numbers.active_periods
    from spine
    left join reached using (window_grain, window_start, period_grain, scope_type, scope_id)
    inner join numbers on numbers.active_periods <= greatest(spine.begun_periods, coalesce(reached.most_periods, 0))
)

select
    cells.window_grain,
    cells.window_start,
    cells.period_grain,
    cells.active_periods,
    cells.scope_type,
    cells.scope_id,
    coalesce(histogram.members, 0) as members,
    {{ count_measure('sum(coalesce(histogram.members, 0)) over from_most_periods') }} as members_at_least,
    cells.window_end,
    cells.window_end <= cells.last_date as is_complete_period
from cells
left join histogram using (window_grain, window_start, period_grain, scope_type, scope_id, active_periods)
window from_most_periods as (
    partition by cells.window_grain, cells.window_start, cells.period_grain, cells.scope_type, cells.scope_id
    order by cells.active_periods desc
    rows between unbounded preceding and current row
)
