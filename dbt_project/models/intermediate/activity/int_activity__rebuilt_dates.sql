-- depends_on: {{ ref('int_activity__member_day') }}
-- depends_on: {{ ref('int_membership__presence') }}
-- depends_on: {{ ref('int_membership__daily') }}
-- depends_on: {{ ref('int_status__scope_dates') }}
-- Grain: one row per business date whose daily activity rows this build rebuilds (a full refresh: every date).
-- A table, so that every daily activity model rebuilds exactly the same dates.
{% if rebuilds_everything() -%}
    select dates.business_date
    from {{ ref('int_calendar__dates') }} as dates
    inner join (
        select min(first_date) as first_date, max(last_date) as last_date
        from {{ ref('int_status__scope_dates') }}
        where domain = 'activity'
    ) as known on dates.business_date between known.first_date and known.last_date
{%- else -%}
    {{ affected_activity_dates() }}
{%- endif %}
