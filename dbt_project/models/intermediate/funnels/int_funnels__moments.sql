-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
{% set exclusions = funnel_exclusion_numbers() | map('int') | list -%}
-- Grain: one row per entrant and instant with something that the funnel knows, on the dates that the entrant's attempts reach.
-- What an instant does for an attempt: `advance_k` is how many steps are done after it if k were done before it, and
-- `next_k_at` is the next later instant that can fill step k. With these an attempt is a chain of equality joins.
-- noqa: disable=LT02
with instants as (
    select
        entrant,
        business_date,
        occurred_at,
        coalesce(min(case when steps like '%1%' then steps end) <> max(case when steps like '%1%' then steps end), false) as is_tied,
        max(case when steps like '%1%' then steps end) as steps,
        sum(case when steps like '%1%' then occurrences else 0 end) as step_events,
        sum(occurrences) as events
        {%- for exclusion in exclusions %},
        max({{ text_part('exclusions', exclusion) }}) as is_exclusion_{{ exclusion }}
        {%- endfor %}
    from {{ ref('int_funnels__classes') }}
    group by entrant, business_date, occurred_at
),

tied as (
    select
        entrant,
        occurred_at
        {%- for number in numbers %},
        max(case when done_before = {{ number - 1 }} then reached end) as advance_{{ number - 1 }}
        {%- endfor %}
    from {{ ref('int_funnels__tied_advances') }}
    group by entrant, occurred_at
),

advanced as (
    select
        instants.*
        {%- for number in numbers %},
        case
            when instants.is_tied then coalesce(tied.advance_{{ number - 1 }}, {{ number - 1 }})
            {#- Events of one class: the longest run of its steps from here on for which there are enough of them. #}
            {%- for run in range(numbers | length - number + 1, 0, -1) %}
            when instants.step_events >= {{ run }} and {{ text_part('instants.steps', number, run) }} = '{{ '1' * run }}'
                then {{ number - 1 + run }}
            {%- endfor %}
            else {{ number - 1 }}
        end as advance_{{ number - 1 }}
        {%- endfor %}
    from instants
    left join tied using (entrant, occurred_at)
)

select
    advanced.*,
    min(occurred_at) over later as next_at
    {%- for number in numbers[1:] %},
    min(case when advance_{{ number - 1 }} >= {{ number }} then occurred_at end) over later as next_{{ number }}_at
    {%- endfor %}
    {%- for exclusion in exclusions %},
    min(case when is_exclusion_{{ exclusion }} = '1' then occurred_at end) over later as next_exclusion_{{ exclusion }}_at
    {%- endfor %}
from advanced
window later as (
    partition by entrant
    order by occurred_at
    rows between 1 following and unbounded following
)
