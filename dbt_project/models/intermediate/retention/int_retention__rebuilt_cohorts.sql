-- depends_on: {{ ref('int_activity__rebuilt_periods') }}
-- depends_on: {{ ref('int_membership__daily') }}
-- Grain: one row per definition, period grain and cohort whose cells this build rebuilds (a full refresh: every cohort).
-- A touched date reaches the cohort that it lies in and those whose horizon it lies in. Orders do not record the dates that they
-- touch, so that definitions on them are rebuilt for all cohorts. So are all of a scope of which something is known for the first time: its
-- cohorts may be older than any date that has become known.
-- noqa: disable=LT02
with periods as (
    select distinct grains.period_grain, {{ period_start('dates.business_date', 'grains.period_grain') }} as period_start
    from {{ ref('int_calendar__dates') }} as dates
    inner join (
        select min(first_date) as first_date, max(last_date) as last_date
        from (
            select first_date, last_date from {{ ref('int_status__scope_dates') }}
            union all
            -- Somebody may be seen to join by an event before anybody was active or present.
            select observed_from as first_date, observed_until as last_date
            from {{ ref('int_status__observed') }}
            where domain = 'activity'
        ) as ranges
    ) as known on dates.business_date between known.first_date and known.last_date
    cross join {{ grains() }} as grains (period_grain)
)

select definitions.definition, definitions.period_grain, periods.period_start as cohort_start
from {{ ref('int_retention__definitions') }} as definitions
inner join periods on definitions.period_grain = periods.period_grain
{% if not rebuilds_retention() -%}
    {% if not a_scope_came_or_went() -%}
    where
        definitions.entry_domain = 'commerce'
        or definitions.return_domain = 'commerce'
        or exists (
            select 1
            from ({{ touched_periods() }}) as touched
            where
                touched.period_grain = definitions.period_grain
                and touched.period_start >= periods.period_start
                and touched.period_start <= {{ add_periods('periods.period_start', 'definitions.period_grain', 'definitions.horizon') }}
        )
    {%- endif %}
    union
    -- What is known may begin later, or end earlier, than it did, and takes its cohorts along.
    select cohorts.definition, cohorts.period_grain, cohorts.cohort_start
    from ({{ cohorts_before() }}) as cohorts
    left join periods on cohorts.period_grain = periods.period_grain and cohorts.cohort_start = periods.period_start
    where periods.period_start is null
{%- endif %}
