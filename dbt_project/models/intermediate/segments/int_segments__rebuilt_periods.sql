-- depends_on: {{ ref('int_segments__sets') }}
-- depends_on: {{ ref('int_activity__rebuilt_dates') }}
-- depends_on: {{ ref('int_activity__first_seen') }}
-- Grain: one row per finished week or month whose segments this build computes (a full refresh: all of them).
-- Those that look back on a touched day of activity, those at whose end somebody else is present or was first active, and those that
-- became known or stopped being known.
with spine as (
    select distinct period_grain, period_start, as_of_date
    from {{ ref('int_segments__spine') }}
)

{% if rebuilds_everything() -%}
    select period_grain, period_start, as_of_date
    from spine
{%- else -%}
    , lookback as (
        select coalesce(max(lookback_days), 0) as days
        from {{ ref('int_segments__sets') }}
    )

    select distinct spine.period_grain, spine.period_start, spine.as_of_date
    from spine
    cross join lookback
    inner join ({{ touched_segment_dates() }}) as touched
        on
            spine.as_of_date = touched.business_date
            or (
                touched.domain = 'activity'
                and spine.as_of_date > touched.business_date
                and spine.as_of_date < {{ add_days('touched.business_date', 'lookback.days') }}
            )

    union

    {{ segment_periods_known_otherwise(ref('int_segments__spine')) }}
{%- endif %}
