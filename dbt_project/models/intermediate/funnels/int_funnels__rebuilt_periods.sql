-- depends_on: {{ ref('int_funnels__observed') }}
-- depends_on: {{ ref('int_funnels__attempts') }}
-- depends_on: {{ ref('int_membership__channels') }}
-- depends_on: {{ ref('int_funnels__rebuilt_members') }}
-- Grain: one row per funnel and period whose rows this build makes anew (a full refresh: every period with an attempt), and `all`.
-- A table, so that the mart deletes and makes exactly the same periods.
with ranges as (
    {% if funnels_rebuild_everything() -%}
        select distinct definition, entry_date as first_date, entry_date as last_date
        from {{ ref('int_funnels__attempts') }}
    {%- else -%}
        select distinct definition, first_date, last_date
        from {{ ref('int_funnels__rebuilt_members') }}
        union
        select definitions.definition, touched.business_date as first_date, touched.business_date as last_date
        from control.touched as touched
        inner join {{ ref('int_funnels__definitions') }} as definitions
            on touched.domain in ('funnel_mart', {{ funnel_domain('definitions.definition') }})
    {%- endif %}
),

dates as (
    select distinct ranges.definition, dates.business_date
    from ranges
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between ranges.first_date and ranges.last_date
)

select distinct dates.definition, grains.period_grain, {{ period_start('dates.business_date', 'grains.period_grain') }} as entry_period
from dates
cross join {{ grains() }} as grains (period_grain)
union all
select definition, 'all' as period_grain, date '2000-01-01' as entry_period
from {{ ref('int_funnels__definitions') }}
