-- depends_on: {{ ref('int_funnels__observed') }}
-- depends_on: {{ ref('int_funnels__attempts') }}
-- depends_on: {{ ref('int_membership__channels') }}
-- depends_on: {{ ref('int_funnels__rebuilt_entries') }}
-- Grain: one row per period whose funnel rows this build makes anew (a full refresh: every period with an attempt), and `all`.
-- A table, so that the mart deletes and makes exactly the same periods.
with dates as (
    {% if funnels_rebuild_everything() -%}
        select distinct entry_date from {{ ref('int_funnels__attempts') }}
    {%- else -%}
        select entry_date from {{ ref('int_funnels__rebuilt_entries') }}
        union
        select business_date as entry_date from control.touched where domain = 'funnel_mart'
    {%- endif %}
)

select distinct grains.period_grain, {{ period_start('dates.entry_date', 'grains.period_grain') }} as entry_period
from dates
cross join {{ grains() }} as grains (period_grain)
union all
select 'all' as period_grain, date '2000-01-01' as entry_period
