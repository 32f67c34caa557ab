-- Grain: one row per day, week and month whose active members this build counts: those that it rebuilds, up to the last known date.
-- In which block of masks, and under which bit of it, a day or week stands; a month is a whole block of days.
with known as (
    select max(last_date) as last_date
    from {{ ref('int_status__scope_dates') }}
    where domain = 'activity'
),

rebuilt as (
    select 'day' as period_grain, business_date as period_start
    from {{ ref('int_activity__rebuilt_dates') }}
    union
    select period_grain, period_start
    from {{ ref('int_activity__rebuilt_periods') }}
),

periods as (
    select rebuilt.period_grain, rebuilt.period_start
    from rebuilt
    inner join known on rebuilt.period_start <= known.last_date
)

select distinct periods.period_grain, periods.period_start, blocks.period_grain as block_grain, blocks.block_start, blocks.bit
from periods
inner join {{ ref('int_calendar__blocks') }} as blocks
    on periods.period_grain = blocks.period_grain and periods.period_start = blocks.period_start
union all
select period_grain, period_start, 'day' as block_grain, period_start as block_start, cast(0 as bigint) as bit
from periods
where period_grain = 'month'
