-- depends_on: {{ ref('int_activity__rebuilt_dates') }}
-- Grain: one row per declared window and period grain that this build rebuilds: those that hold a touched date (a full refresh: all).
-- A table, so that the members and the mart rebuild exactly the same windows.
with dates as (
    {% if rebuilds_everything() -%}
        select calendar.business_date
        from {{ ref('int_calendar__dates') }} as calendar
        inner join (
            select min(first_date) as first_date, max(last_date) as last_date
            from {{ ref('int_status__scope_dates') }}
            where domain = 'activity'
        ) as known on calendar.business_date between known.first_date and known.last_date
    {%- else -%}
        {{ touched_activity_mart_dates() }}
    {%- endif %}
)

select distinct
    definitions.definition as window_grain,
    definitions.event,
    definitions.period_grain,
    definitions.minimum_occurrences,
    definitions.maximum_occurrences,
    case
        when definitions.window_kind = 'range' then definitions.first_date
        else {{ period_start('dates.business_date', 'definitions.window_kind') }}
    end as window_start,
    case
        when definitions.window_kind = 'range' then definitions.last_date
        else {{ period_end(period_start('dates.business_date', 'definitions.window_kind'), 'definitions.window_kind') }}
    end as window_end
from {{ ref('stickiness_definitions') }} as definitions
inner join dates
    on definitions.window_kind <> 'range' or dates.business_date between definitions.first_date and definitions.last_date
