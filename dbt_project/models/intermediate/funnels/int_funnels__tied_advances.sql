-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
{% set key = 'entrant, occurred_at' -%}
-- Grain: one row per instant at which an entrant had events that fill different steps, and per number of steps done before.
-- How far those events lead when each is used once, in any order: every way to choose a class for each next step is tried.
-- Only for instants with several classes: of a single class the count alone says how far it leads.
-- noqa: disable=LT02
with instants as (
    select {{ key }}
    from {{ ref('int_funnels__classes') }}
    where steps like '%1%'
    group by {{ key }}
    having min(steps) <> max(steps)
),

tied as (
    select classes.entrant, classes.occurred_at, classes.steps, sum(classes.occurrences) as occurrences
    from {{ ref('int_funnels__classes') }} as classes
    inner join instants on classes.entrant = instants.entrant and classes.occurred_at = instants.occurred_at
    where classes.steps like '%1%'
    group by classes.entrant, classes.occurred_at, classes.steps
),

{% for taken in numbers -%}
{#- A path of `taken` steps; its columns name the class that each of them used. -#}
paths_{{ taken }} as (
    select
        tied.entrant,
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
