-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['definition', 'period_grain', 'entry_period'],
    affected='rebuilt_funnel_periods'
) }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
-- Grain: one row per funnel, period of entry, step and scope, for every period in which somebody entered or was excluded.
-- Whoever may still get further is counted and is in no rate: an open window is never shown as a drop-out.
-- noqa: disable=LT02
with by_period as (
    select
        members.definition,
        members.period_grain,
        members.entry_period,
        members.scope_type,
        members.scope_id,
        min(observed.observed_from) as observed_from,
        min(observed.observed_until) as observed_until,
        {{ count_where('not is_excluded') }} as entered_members,
        {{ count_where('not is_excluded and matured_1 <= observed.observed_until') }} as eligible_members,
        {{ count_where('is_excluded') }} as excluded_members
        {%- for number in numbers %},
        {{ count_where('not is_excluded and reached_steps >= ' ~ number) }} as reached_{{ number }},
        {{ count_where('not is_excluded and matured_' ~ number ~ ' <= observed.observed_until') }} as reached_eligible_{{ number }}
        {%- endfor %}
        {{ funnel_times(numbers[1:], 'not is_excluded') }}
    from {{ ref('int_funnels__period_members') }} as members
    inner join {{ ref('int_funnels__observed') }} as observed
        on
            members.definition = observed.definition
            and {{ observed_scope_type('members.scope_type') }} = observed.scope_type
            and {{ observed_scope_id('members.scope_type', 'members.scope_id') }} = observed.scope_id
    group by members.definition, members.period_grain, members.entry_period, members.scope_type, members.scope_id
),

entered as (
    {%- set numbered_counts -%}
        observed_from, observed_until, entered_members, eligible_members, excluded_members
        {%- for number in numbers %}, reached_{{ number }}, reached_eligible_{{ number }}{% endfor %}
        {%- for number in numbers[1:] %}, average_{{ number }}, median_{{ number }}{% endfor %}
    {%- endset %}
    select definition, period_grain, entry_period, scope_type, scope_id, {{ numbered_counts }}
    from by_period
    union all
    select rebuilt.definition, rebuilt.period_grain, rebuilt.entry_period, all_time.scope_type, all_time.scope_id, {{ numbered_counts }}
    from {{ ref('int_funnels__all_time') }} as all_time
    inner join {{ ref('int_funnels__rebuilt_periods') }} as rebuilt
        on all_time.definition = rebuilt.definition and rebuilt.period_grain = 'all'
),

steps as (
    select distinct steps.definition, steps.step_index, steps.name_en, steps.name_zh, definitions.window_days
    from {{ ref('funnel_steps') }} as steps
    inner join {{ ref('int_funnels__definitions') }} as definitions on steps.definition = definitions.definition
),

by_step as (
    select
        entered.*,
        steps.step_index,
        steps.name_en,
        steps.name_zh,
        {{ numbered('entered.reached_', 'steps.step_index', numbers) }} as reached_members,
        {{ numbered('entered.reached_eligible_', 'steps.step_index', numbers) }} as reached_eligible_members,
        {{ numbered('entered.reached_eligible_', 'steps.step_index - 1', numbers) }} as previous_eligible_members,
        {{ numbered('entered.average_', 'steps.step_index', numbers[1:]) if numbers[1:] else ratio('null', '1') }} as average_seconds,
        {{ numbered('entered.median_', 'steps.step_index', numbers[1:]) if numbers[1:] else ratio('null', '1') }} as median_seconds,
        case when entered.period_grain <> 'all' then {{ period_end('entered.entry_period', 'entered.period_grain') }} end as last_entry_date,
        steps.window_days
    from entered
    inner join steps on entered.definition = steps.definition
)

select
    definition,
    period_grain,
    entry_period,
    cast(step_index as bigint) as step_index,
    scope_type,
    scope_id,
    name_en as step_name,
    name_zh as step_name_zh,
    entered_members,
    excluded_members,
    cast(reached_members as bigint) as reached_members,
    eligible_members,
    cast(reached_eligible_members as bigint) as reached_eligible_members,
    cast(previous_eligible_members as bigint) as previous_eligible_members,
    {{ ratio('reached_eligible_members', 'previous_eligible_members') }} as rate_from_previous,
    {{ ratio('reached_eligible_members', 'eligible_members') }} as rate_from_start,
    average_seconds as avg_seconds_from_previous,
    median_seconds as median_seconds_from_previous,
    coalesce(last_entry_date <= observed_until, false) as is_complete_period,
    coalesce({{ add_days('last_entry_date', 'window_days') }} <= observed_until and entry_period >= observed_from, false)
    and entered_members = eligible_members as is_mature
from by_step
