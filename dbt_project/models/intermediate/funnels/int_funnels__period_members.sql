-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
-- Grain: one row per funnel, scope, rebuilt period and member who made an attempt in it: the best attempt of the period.
-- Channels are those of today: the attempts of `all`, of the members who came through the channel.
-- noqa: disable=LT02
with periods as (
    select dates.business_date as entry_date, rebuilt.period_grain, rebuilt.entry_period
    from {{ ref('int_calendar__dates') }} as dates
    cross join {{ grains() }} as grains (period_grain)
    inner join {{ ref('int_funnels__rebuilt_periods') }} as rebuilt
        on
            grains.period_grain = rebuilt.period_grain
            and rebuilt.entry_period = {{ period_start('dates.business_date', 'grains.period_grain') }}
    union all
    select dates.business_date as entry_date, rebuilt.period_grain, rebuilt.entry_period
    from {{ ref('int_calendar__dates') }} as dates
    inner join {{ ref('int_funnels__rebuilt_periods') }} as rebuilt on rebuilt.period_grain = 'all'
),

scoped as (
    select * from {{ ref('int_funnels__attempts') }}
    union all
    select
        attempts.definition,
        'channel' as scope_type,
        channels.channel as scope_id,
        attempts.member_key,
        attempts.entry_date,
        attempts.reached_steps,
        attempts.is_excluded,
        attempts.matures_on
        {%- for number in numbers[1:] %},
        attempts.microseconds_to_{{ number }}
        {%- endfor %}
    from {{ ref('int_funnels__attempts') }} as attempts
    inner join {{ ref('int_membership__channels') }} as channels on attempts.member_key = channels.member_key
    where attempts.scope_type = 'all'
),

ranked as (
    select
        scoped.*,
        periods.period_grain,
        periods.entry_period,
        observed.observed_from,
        observed.observed_until,
        max(case when scoped.is_excluded then 1 else 0 end) over in_period as exclusions,
        -- Only attempts that cannot get further count in a rate. Before a source begins, nobody was seen to go on, or not to.
        max(
            case when scoped.matures_on <= observed.observed_until and scoped.entry_date >= observed.observed_from then scoped.reached_steps end
        ) over in_period as eligible_reached_steps,
        row_number() over (
            partition by scoped.definition, scoped.scope_type, scoped.scope_id, periods.period_grain, periods.entry_period, scoped.member_key
            order by scoped.reached_steps desc, scoped.entry_date
        ) as attempt
    from scoped
    inner join periods on scoped.entry_date = periods.entry_date
    inner join {{ ref('int_funnels__observed') }} as observed
        on
            scoped.definition = observed.definition
            and {{ observed_scope_type('scoped.scope_type') }} = observed.scope_type
            and {{ observed_scope_id('scoped.scope_type', 'scoped.scope_id') }} = observed.scope_id
            and scoped.entry_date <= observed.observed_until
    window in_period as (
        partition by scoped.definition, scoped.scope_type, scoped.scope_id, periods.period_grain, periods.entry_period, scoped.member_key
    )
)

select
    definition,
    scope_type,
    scope_id,
    period_grain,
    entry_period,
    member_key,
    reached_steps,
    exclusions > 0 as is_excluded,
    eligible_reached_steps,
    observed_from,
    observed_until
    {%- for number in numbers[1:] %},
    microseconds_to_{{ number }}
    {%- endfor %}
from ranked
where attempt = 1
