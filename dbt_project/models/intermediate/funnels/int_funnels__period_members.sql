-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(materialized='view') }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
{% set key = 'definition, period_grain, entry_period, scope_type, scope_id, member_key' -%}
{% set of_attempt -%}
    reached_steps,
    is_excluded
    {%- for number in numbers %},
    matured_{{ number }}
    {%- endfor %}
    {%- for number in numbers[1:] %},
    microseconds_to_{{ number }}
    {%- endfor %}
{%- endset -%}
-- Grain: one row per funnel, rebuilt day, week or month, scope and member who made an attempt in it: the best attempt of the period.
-- Channels are those of today: the attempts of `all`, of the members who came through the channel.
-- noqa: disable=LT02
with periods as (
    select rebuilt.definition, rebuilt.period_grain, rebuilt.entry_period, dates.business_date as entry_date
    from {{ ref('int_calendar__dates') }} as dates
    cross join {{ grains() }} as grains (period_grain)
    inner join {{ ref('int_funnels__rebuilt_periods') }} as rebuilt
        on
            grains.period_grain = rebuilt.period_grain
            and rebuilt.entry_period = {{ period_start('dates.business_date', 'grains.period_grain') }}
),

best as (
    select
        attempts.definition,
        periods.period_grain,
        periods.entry_period,
        attempts.scope_type,
        attempts.scope_id,
        attempts.member_key,
        {{ furthest_attempt('attempts', 'observed') }}
    from {{ ref('int_funnels__attempts') }} as attempts
    inner join periods on attempts.definition = periods.definition and attempts.entry_date = periods.entry_date
    inner join {{ ref('int_funnels__observed') }} as observed
        on
            attempts.definition = observed.definition
            and {{ observed_scope_type('attempts.scope_type') }} = observed.scope_type
            and {{ observed_scope_id('attempts.scope_type', 'attempts.scope_id') }} = observed.scope_id
            and attempts.entry_date <= observed.observed_until
    group by
        attempts.definition,
        periods.period_grain,
        periods.entry_period,
        attempts.scope_type,
        attempts.scope_id,
        attempts.member_key
)

select {{ key }}, {{ of_attempt }}
from best
union all
select
    best.definition,
    best.period_grain,
    best.entry_period,
    'channel' as scope_type,
    channels.channel as scope_id,
    best.member_key,
    {{ of_attempt }}
from best
inner join {{ ref('int_membership__channels') }} as channels on best.member_key = channels.member_key
where best.scope_type = 'all'
