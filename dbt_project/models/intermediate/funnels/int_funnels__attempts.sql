-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['definition', 'entry_date'],
    affected='rebuilt_funnel_entries'
) }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
{% set exclusions = funnel_exclusion_numbers() | map('int') | list -%}
{% set key = 'definition, scope_type, scope_id, member_key' -%}
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
            partition by {{ key }}, started_at
            order by reached_steps desc{% for number in numbers[1:] %}, step_{{ number }}_at{% endfor %}
        ) as way
    from tried
),

attempts as (
    select * from ranked where way = 1
),

excluded as (
    select distinct
        attempts.definition,
        attempts.scope_type,
        attempts.scope_id,
        attempts.member_key,
        attempts.entry_date
    from attempts
    inner join {{ ref('int_funnels__spans') }} as spans
        on attempts.definition = spans.definition and attempts.reached_steps >= spans.from_step
    inner join {{ ref('int_funnels__moments') }} as moments
        on
            attempts.definition = moments.definition
            and attempts.scope_type = moments.scope_type
            and attempts.scope_id = moments.scope_id
            and attempts.member_key = moments.member_key
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
        max(attempts.window_ends_at) over (partition by {{ key }}, entry_date) as last_window_ends_at,
        row_number() over (partition by {{ key }}, entry_date order by reached_steps desc, started_at) as attempt
    from attempts
)

select
    best.definition,
    best.scope_type,
    best.scope_id,
    best.member_key,
    best.entry_date,
    cast(best.reached_steps as integer) as reached_steps,
    excluded.member_key is not null as is_excluded,
    -- When no attempt of this date can get any further.
    {{ local_date('best.last_window_ends_at') }} as matures_on
    {%- for number in numbers[1:] %},
    {{ microseconds_between('best.step_' ~ number ~ '_at', 'best.step_' ~ (number - 1) ~ '_at') }} as microseconds_to_{{ number }}
    {%- endfor %}
from best
left join excluded
    on
        best.definition = excluded.definition
        and best.scope_type = excluded.scope_type
        and best.scope_id = excluded.scope_id
        and best.member_key = excluded.member_key
        and best.entry_date = excluded.entry_date
where best.attempt = 1
