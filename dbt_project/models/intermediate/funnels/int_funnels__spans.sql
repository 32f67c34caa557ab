-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(materialized='view') }}
-- Grain: one row per exclusion of a funnel: between which two of its steps an exclusion event removes the member.
-- `exclusion` is its place in the text `exclusions` of the facts.
-- noqa: disable=LT02
select
    cast(null as varchar) as definition,
    cast(null as integer) as exclusion,
    cast(null as integer) as from_step,
    cast(null as integer) as to_step
where false
{%- for funnel in funnels() %}
{%- for from_step, to_step in funnel.spans %}
union all
select {{ quoted(funnel.name) }} as definition, {{ loop.index }} as exclusion, {{ from_step }} as from_step, {{ to_step }} as to_step
{%- endfor %}
{%- endfor %}
