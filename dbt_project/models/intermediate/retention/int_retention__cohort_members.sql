-- Grain: one row per definition that is not kept by member, period grain, scope, rebuilt cohort and member.
-- First-time: only the period of the first entry event ever. Recurring: every period with an entry event.
with first_dates as (
    select event_name, scope_type, scope_id, member_key, entry_date
    from {{ ref('int_retention__entries') }}
    union all
    select 'purchase' as event_name, scope_type, scope_id, member_key, min(order_date) as entry_date
    from {{ ref('int_commerce__scoped_orders') }}
    group by scope_type, scope_id, member_key
),

entries as (
    select
        definitions.definition,
        definitions.period_grain,
        first_dates.scope_type,
        first_dates.scope_id,
        first_dates.member_key,
        {{ period_start('first_dates.entry_date', 'definitions.period_grain') }} as cohort_start
    from {{ ref('int_retention__definitions') }} as definitions
    inner join first_dates on definitions.entry_event = first_dates.event_name
    where
        definitions.cohort_mode = 'first_time'
        and not definitions.is_kept_by_member
        and first_dates.entry_date >= (select min(cohort_start) from {{ ref('int_retention__rebuilt_cohorts') }})

    union all

    select
        definitions.definition,
        definitions.period_grain,
        periods.scope_type,
        periods.scope_id,
        periods.member_key,
        periods.period_start as cohort_start
    from {{ ref('int_retention__definitions') }} as definitions
    inner join {{ ref('int_retention__member_periods') }} as periods
        on definitions.entry_event = periods.event_name and definitions.period_grain = periods.period_grain
    where definitions.cohort_mode = 'recurring'
)

select
    entries.definition,
    entries.period_grain,
    entries.scope_type,
    entries.scope_id,
    entries.cohort_start,
    entries.member_key
from entries
inner join {{ ref('int_retention__rebuilt_cohorts') }} as rebuilt
    on
        entries.definition = rebuilt.definition
        and entries.period_grain = rebuilt.period_grain
        and entries.cohort_start = rebuilt.cohort_start
inner join {{ ref('int_retention__known') }} as known
    on
        entries.definition = known.definition
        and entries.period_grain = known.period_grain
        and {{ observed_scope_type('entries.scope_type') }} = known.observed_scope_type
        and {{ observed_scope_id('entries.scope_type', 'entries.scope_id') }} = known.observed_scope_id
where entries.cohort_start <= known.observed_until
