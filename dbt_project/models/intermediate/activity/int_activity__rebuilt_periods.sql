-- depends_on: {{ ref('int_activity__rebuilt_dates') }}
-- depends_on: {{ ref('int_activity__first_seen') }}
-- Grain: one row per period (day, week, month) whose lifecycle rows this build rebuilds (a full refresh: every period).
-- A table, so that the statuses and the mart rebuild exactly the same periods.
{% if rebuilds_everything() -%}
    select distinct
        grains.period_grain,
        {{ period_start('rebuilt.business_date', 'grains.period_grain') }} as period_start
    from {{ ref('int_activity__rebuilt_dates') }} as rebuilt
    cross join {{ grains() }} as grains (period_grain)
{%- else -%}
    {{ affected_lifecycle_periods() }}
{%- endif %}
