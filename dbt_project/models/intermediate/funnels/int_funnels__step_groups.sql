-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
-- Grain: one row per unordered funnel, n-th step that is done, and group of steps that has a say in when it is done.
-- `needed` events since the start must fill a step of the group: by the theorem of Hall n steps can then be told apart.
-- noqa: disable=LT02
select
    cast(null as varchar) as definition,
    cast(null as integer) as component,
    cast(null as integer) as nth,
    cast(null as varchar) as step_group,
    cast(null as integer) as needed
where false
{%- for funnel in funnels() if funnel.order == 'unordered' %}
union all
select *
from (
    values
    {%- for component, nth, step_group, needed in funnel_step_groups(funnel) %}
    ({{ quoted(funnel.name) }}, {{ component }}, {{ nth }}, '{{ step_group }}', {{ needed }}){{ ',' if not loop.last }}
    {%- endfor %}
) as listed (definition, component, nth, step_group, needed)
{%- endfor %}
