-- Grain: one row per definition, period grain, scope, rebuilt cohort and member.
-- First-time: only the period of the first entry event ever. Recurring: every period with an entry event.
with entries as (
    select
        definitions.definition,
        definitions.period_grain,
        entries.scope_type,
        entries.scope_id,
        entries.member_key,
        {{ period_start('entries.entry_date', 'definitions.period_grain') }} as cohort_start
    from {{ ref('int_retention__definitions') }} as definitions
    inner join {{ ref('int_retention__entries') }} as entries on definitions.entry_event = entries.event_name
    where
        definitions.cohort_mode = 'first_time'
        and entries.entry_date >= (select min(cohort_start) from {{ ref('int_retention__rebuilt_cohorts') }})

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
),

known as (
    select
        definitions.definition,
        definitions.period_grain,
        definitions.return_event,
        definitions.minimum_occurrences,
        definitions.is_masked,
        definitions.horizon,
        definitions.entry_domain,
        entry_observed.scope_type,
        entry_observed.scope_id,
        return_observed.observed_from as returns_observed_from,
        least(entry_observed.observed_until, return_observed.observed_until) as observed_until
    from {{ ref('int_retention__definitions') }} as definitions
    inner join {{ ref('int_status__observed') }} as entry_observed on definitions.entry_domain = entry_observed.domain
    inner join {{ ref('int_status__observed') }} as return_observed
        on
            definitions.return_domain = return_observed.domain
            and entry_observed.scope_type = return_observed.scope_type
            and entry_observed.scope_id = return_observed.scope_id
)

select
    entries.definition,
    entries.period_grain,
    entries.scope_type,
    entries.scope_id,
    entries.cohort_start,
    entries.member_key,
    known.entry_domain,
    known.return_event,
    known.minimum_occurrences,
    known.is_masked,
    known.horizon,
    known.returns_observed_from,
    known.observed_until
from entries
inner join {{ ref('int_retention__rebuilt_cohorts') }} as rebuilt
    on
        entries.definition = rebuilt.definition
        and entries.period_grain = rebuilt.period_grain
        and entries.cohort_start = rebuilt.cohort_start
inner join known
    on
        entries.definition = known.definition
        and entries.period_grain = known.period_grain
        and {{ observed_scope_type('entries.scope_type') }} = known.scope_type
        and {{ observed_scope_id('entries.scope_type', 'entries.scope_id') }} = known.scope_id
where entries.cohort_start <= known.observed_until
