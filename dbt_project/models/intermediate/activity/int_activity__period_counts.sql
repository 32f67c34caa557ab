{%- set windows = {'wau_7': 7, 'mau_28': 28, 'mau_30': 30} -%}
-- Grain: one row per rebuilt day, week or month up to the last known date, and scope: members active in it, in the period before it, in
-- both, and for a day in the 7, 28 and 30 days that end on it.
-- A member is counted on the day on which they enter a period or window: the first on which they were away for longer than it has lasted.
-- noqa: disable=LT02
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
    select
        rebuilt.period_grain,
        rebuilt.period_start,
        {{ add_periods('rebuilt.period_start', 'rebuilt.period_grain', -1) }} as previous_start,
        {{ period_end('rebuilt.period_start', 'rebuilt.period_grain') }} as last_date
    from rebuilt
    inner join known on rebuilt.period_start <= known.last_date
),

-- The days before the first of the period, and before the first of the one before, up to each day.
days as (
    select
        periods.period_grain,
        periods.period_start,
        dates.business_date,
        dates.business_date >= periods.period_start as is_inside,
        {{ days_between('dates.business_date', 'periods.period_start') }} as days_inside,
        {{ days_between('dates.business_date', 'periods.previous_start') }} as days_since_previous_start
    from periods
    inner join {{ ref('int_calendar__dates') }} as dates
        on
            periods.last_date >= dates.business_date
            and periods.previous_start <= dates.business_date
            or periods.period_grain = 'day'
            and periods.period_start >= dates.business_date
            and {{ add_days('periods.period_start', -29) }} <= dates.business_date
),

-- No period and no window reaches as far as 999 days.
absences as (
    select business_date, scope_type, scope_id, members, coalesce(days_away, 999) as days_away
    from {{ ref('int_activity__absences') }}
)

select
    days.period_grain,
    days.period_start,
    absences.scope_type,
    absences.scope_id,
    {{ sum_where('absences.members', 'days.is_inside and absences.days_away > days.days_inside') }} as active,
    {{ sum_where(
        'absences.members',
        'not days.is_inside and days.days_since_previous_start >= 0 and absences.days_away > days.days_since_previous_start'
    ) }} as active_before,
    {{ sum_where(
        'absences.members',
        'days.is_inside and absences.days_away > days.days_inside and absences.days_away <= days.days_since_previous_start'
    ) }} as retained
    {%- for name, length in windows.items() %},
    case
        when days.period_grain = 'day'
            then {{ sum_where('absences.members', 'days.days_inside > -' ~ length ~ ' and absences.days_away >= days.days_inside + ' ~ length) }}
    end as {{ name }}
    {%- endfor %}
from days
inner join absences on days.business_date = absences.business_date
group by days.period_grain, days.period_start, absences.scope_type, absences.scope_id
