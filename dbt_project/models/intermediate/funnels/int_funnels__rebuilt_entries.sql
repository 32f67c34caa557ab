-- depends_on: {{ ref('int_funnels__definitions') }}
-- depends_on: {{ ref('int_funnels__events') }}
-- depends_on: {{ ref('int_funnels__records') }}
-- Grain: one row per funnel and date whose attempts this build makes anew (a full refresh: every date of a step).
-- What happens on a date reaches the attempts that began on it and, as far as the window goes, before it.
with touched as (
    {% if funnels_rebuild_everything() -%}
        select distinct definition, business_date as entry_date, business_date as last_date
        from {{ ref('int_funnels__events') }}
        union
        select distinct definition, business_date as entry_date, business_date as last_date
        from {{ ref('int_funnels__records') }}
    {%- else -%}
        select
            definitions.definition,
            {{ add_days('touched.business_date', '-definitions.reach_days') }} as entry_date,
            touched.business_date as last_date
        from {{ ref('int_funnels__definitions') }} as definitions
        cross join (
            select distinct business_date
            from control.touched
            where domain in ('activity', 'funnel')
        ) as touched
    {%- endif %}
)

select distinct touched.definition, dates.business_date as entry_date
from touched
inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between touched.entry_date and touched.last_date
