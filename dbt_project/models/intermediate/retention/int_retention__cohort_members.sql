-- Grain: one row per definition, period grain, scope, cohort and member.
-- First-time: only the period of the first entry event ever. Recurring: every period with an entry event.
with entries as (
    select
        definitions.definition,
        definitions.period_grain,
        definitions.cohort_mode,
        definitions.entry_domain,
        definitions.return_domain,
        definitions.return_event,
        definitions.minimum_occurrences,
        definitions.horizon,
        periods.scope_type,
        periods.scope_id,
        periods.member_key,
        periods.period_start,
        min(periods.period_start) over (
            partition by definitions.definition, definitions.period_grain, periods.scope_type, periods.scope_id, periods.member_key
        ) as first_period_start
    from {{ ref('int_retention__definitions') }} as definitions
    inner join {{ ref('int_retention__member_periods') }} as periods
        on definitions.entry_event = periods.event_name and definitions.period_grain = periods.period_grain
)

select
    entries.definition,
    entries.period_grain,
    entries.scope_type,
    entries.scope_id,
    entries.period_start as cohort_start,
    entries.member_key,
    entries.entry_domain,
    entries.return_event,
    entries.minimum_occurrences,
    entries.horizon,
    return_observed.observed_from as returns_observed_from,
    least(entry_observed.observed_until, return_observed.observed_until) as observed_until
from entries
inner join {{ ref('int_status__observed') }} as entry_observed
    on
        entries.entry_domain = entry_observed.domain
        and {{ observed_scope_type('entries.scope_type') }} = entry_observed.scope_type
        and {{ observed_scope_id('entries.scope_type', 'entries.scope_id') }} = entry_observed.scope_id
inner join {{ ref('int_status__observed') }} as return_observed
    on
        entries.return_domain = return_observed.domain
        and {{ observed_scope_type('entries.scope_type') }} = return_observed.scope_type
        and {{ observed_scope_id('entries.scope_type', 'entries.scope_id') }} = return_observed.scope_id
where
    (entries.cohort_mode = 'recurring' or entries.period_start = entries.first_period_start)
    and entries.period_start <= least(entry_observed.observed_until, return_observed.observed_until)
