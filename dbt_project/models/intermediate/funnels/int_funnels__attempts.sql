-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_member_dates',
    member_columns=['definition', 'member_key'],
    date_column='entry_date',
    affected='rebuilt_funnel_members'
) }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
{% set exclusions = funnel_exclusion_numbers() | map('int') | list -%}
-- Grain: one row per funnel, scope, member and date on which an attempt starts: the one that gets furthest, of equals the earliest.
-- Narrow, because it stays: the counts of any period are made of it without looking at events again.
-- noqa: disable=LT02
with tried as (
    select * from {{ ref('int_funnels__sequential_attempts') }}
    union all
    select * from {{ ref('int_funnels__unordered_attempts') }}
),

-- Of the ways to go on from one start: the furthest, then the one that is earliest at each step.
ranked as (
    select
        *,
        row_number() over (
            partition by entrant, started_at
            order by reached_steps desc{% for number in numbers[1:] %}, step_{{ number }}_at{% endfor %}
        ) as way
    from tried
),

attempts as (
    select * from ranked where way = 1
),

excluded as (
    select distinct
        attempts.entrant,
        attempts.entry_date
    from attempts
    inner join {{ ref('int_funnels__entrants') }} as entrants on attempts.entrant = entrants.entrant
    inner join {{ ref('int_funnels__spans') }} as spans
        on entrants.definition = spans.definition and attempts.reached_steps >= spans.from_step
    inner join {{ ref('int_funnels__moments') }} as moments
        on
            attempts.entrant = moments.entrant
            and {{ numbered('attempts.step_', 'spans.from_step', numbers, '_at') }} = moments.occurred_at
    -- Up to the step at which the span ends; an attempt that does not get there is watched to the end of its window.
    where
        {% if exclusions -%}
        case
            when attempts.reached_steps >= spans.to_step
                then
                    {{ numbered('moments.next_exclusion_', 'spans.exclusion', exclusions, '_at') }}
                    < {{ numbered('attempts.step_', 'spans.to_step', numbers, '_at') }}
            else {{ numbered('moments.next_exclusion_', 'spans.exclusion', exclusions, '_at') }} <= attempts.window_ends_at
        end
        {%- else -%}
        false
        {%- endif %}
),

best as (
    select
        attempts.*,
        max(attempts.window_ends_at) over (partition by entrant, entry_date) as last_window_ends_at,
        row_number() over (partition by entrant, entry_date order by reached_steps desc, started_at) as attempt
    from attempts
)

select
    entrants.definition,
    entrants.scope_type,
    entrants.scope_id,
    entrants.member_key,
    best.entry_date,
    cast(best.reached_steps as integer) as reached_steps,
    excluded.entrant is not null as is_excluded,
    -- When no attempt of this date can get any further.
    {{ local_date('best.last_window_ends_at') }} as matures_on
    {%- for number in numbers[1:] %},
    {{ microseconds_between('best.step_' ~ number ~ '_at', 'best.step_' ~ (number - 1) ~ '_at') }} as microseconds_to_{{ number }}
    {%- endfor %}
from best
inner join {{ ref('int_funnels__entrants') }} as entrants on best.entrant = entrants.entrant
left join excluded on best.entrant = excluded.entrant and best.entry_date = excluded.entry_date
where best.attempt = 1
