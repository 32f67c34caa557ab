-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
{% set key = 'definition, scope_type, scope_id, member_key, occurred_at' -%}
-- Grain: one row per instant at which a member had events that fill different steps, and per number of steps done before.
-- How far those events lead when each is used once, in any order: every way to choose a class for each next step is tried.
-- Only for instants with several classes: of a single class the count alone says how far it leads.
-- noqa: disable=LT02
with classes as (
    select {{ key }}, steps, sum(occurrences) as occurrences, count(*) over (partition by {{ key }}) as classes
    from {{ ref('int_funnels__classes') }}
    where steps like '%1%'
    group by {{ key }}, steps
),

tied as (
    select {{ key }}, steps, occurrences from classes where classes > 1
),

{% for taken in numbers -%}
{#- A path of `taken` steps; its columns name the class that each of them used. -#}
paths_{{ taken }} as (
    select
        tied.definition,
        tied.scope_type,
        tied.scope_id,
        tied.member_key,
        tied.occurred_at,
        {%- for earlier in range(1, taken) %}
        paths.class_{{ earlier }},
        {%- endfor %}
        tied.steps as class_{{ taken }},
        {{ 'starts.step_index - 1' if taken == 1 else 'paths.done_before' }} as done_before
    from tied
    {%- if taken == 1 %}
    inner join (select distinct step_index from {{ ref('funnel_steps') }}) as starts on {{ text_part('tied.steps', 'starts.step_index') }} = '1'
    {%- else %}
    inner join paths_{{ taken - 1 }} as paths using ({{ key }})
    where
        {{ text_part('tied.steps', 'paths.done_before + ' ~ taken) }} = '1'
        and (
            {%- for earlier in range(1, taken) %}
            {{ '+ ' if not loop.first }}case when paths.class_{{ earlier }} = tied.steps then 1 else 0 end
            {%- endfor %}
        ) < tied.occurrences
    {%- endif %}
),

{% endfor -%}
reached as (
    {%- for taken in numbers %}
    select {{ key }}, done_before, done_before + {{ taken }} as reached from paths_{{ taken }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select {{ key }}, done_before, max(reached) as reached
from reached
group by {{ key }}, done_before
