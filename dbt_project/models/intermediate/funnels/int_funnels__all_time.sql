-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(materialized='view') }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
-- Grain: one row per funnel and scope with an attempt: what all members who ever made one came to.
-- Counts stand in totals, which a day adds to; only who got past step 1 is looked at, for how long it took them.
-- noqa: disable=LT02
with counts as (
    select
        counts.definition,
        counts.scope_type,
        counts.scope_id,
        min(observed.observed_from) as observed_from,
        min(observed.observed_until) as observed_until,
        {{ sum_where('counts.excluded', 'counts.step_index = 1') }} as excluded_members
        {%- for number in numbers %},
        {{ sum_where('counts.reached', 'counts.step_index = ' ~ number) }} as reached_{{ number }},
        {{ sum_where('counts.reached', 'counts.step_index = ' ~ number ~ ' and matured_on <= observed_until') }} as reached_eligible_{{ number }}
        {%- endfor %}
    from {{ ref('int_funnels__kept_counts') }} as counts
    inner join {{ ref('int_funnels__observed') }} as observed
        on
            counts.definition = observed.definition
            and {{ observed_scope_type('counts.scope_type') }} = observed.scope_type
            and {{ observed_scope_id('counts.scope_type', 'counts.scope_id') }} = observed.scope_id
    group by counts.definition, counts.scope_type, counts.scope_id
),

further as (
    select *
    from {{ ref('int_funnels__members') }}
    where reached_steps >= 2 and not is_excluded
),

times as (
    select definition, scope_type, scope_id{{ funnel_times(numbers[1:]) }}
    from further
    group by definition, scope_type, scope_id
    union all
    select definition, 'channel' as scope_type, channel as scope_id{{ funnel_times(numbers[1:]) }}
    from further
    where channel is not null
    group by definition, channel
)

select
    counts.definition,
    counts.scope_type,
    counts.scope_id,
    counts.observed_from,
    counts.observed_until,
    counts.reached_1 as entered_members,
    counts.reached_eligible_1 as eligible_members,
    counts.excluded_members
    {%- for number in numbers %},
    counts.reached_{{ number }},
    counts.reached_eligible_{{ number }}
    {%- endfor %}
    {%- for number in numbers[1:] %},
    times.average_{{ number }},
    times.median_{{ number }}
    {%- endfor %}
from counts
left join times
    on counts.definition = times.definition and counts.scope_type = times.scope_type and counts.scope_id = times.scope_id
