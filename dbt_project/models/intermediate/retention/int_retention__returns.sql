-- Grain: one row per cohort member and uninterrupted run of period indexes in which they count as returned.
-- Only of cohorts that are made anew and that masks do not answer.
-- An event fills one period; still being a member fills every period at whose end the member was present.
with cohort as (
    select
        members.definition,
        members.period_grain,
        members.scope_type,
        members.scope_id,
        members.cohort_start,
        members.member_key,
        known.return_event,
        known.minimum_occurrences,
        known.horizon,
        known.observed_until
    from {{ ref('int_retention__cohort_members') }} as members
    inner join {{ ref('int_retention__known') }} as known
        on
            not known.is_masked
            and members.definition = known.definition
            and members.period_grain = known.period_grain
            and {{ observed_scope_type('members.scope_type') }} = known.observed_scope_type
            and {{ observed_scope_id('members.scope_type', 'members.scope_id') }} = known.observed_scope_id
),

events as (
    select
        cohort.definition,
        cohort.period_grain,
        cohort.scope_type,
        cohort.scope_id,
        cohort.cohort_start,
        cohort.member_key,
        cohort.horizon,
        {{ periods_between('periods.period_start', 'cohort.cohort_start', 'cohort.period_grain') }} as first_index
    from cohort
    inner join {{ ref('int_retention__member_periods') }} as periods
        on
            cohort.return_event = periods.event_name
            and cohort.period_grain = periods.period_grain
            and cohort.scope_type = periods.scope_type
            and cohort.scope_id = periods.scope_id
            and cohort.member_key = periods.member_key
            and cohort.cohort_start < periods.period_start
            and cohort.minimum_occurrences <= periods.occurrences
            and cohort.observed_until >= periods.period_start
),

presences as (
    select
        cohort.definition,
        cohort.period_grain,
        cohort.scope_type,
        cohort.scope_id,
        cohort.cohort_start,
        cohort.member_key,
        cohort.horizon,
        {{ period_start('greatest(presence.start_date, cohort.cohort_start)', 'cohort.period_grain') }} as first_period,
        -- The last period whose last day still lies inside the presence: the one before the period of the day of absence.
        case
            when presence.count_until is null or presence.count_until > cohort.observed_until
                then {{ period_start('cohort.observed_until', 'cohort.period_grain') }}
            else {{ add_periods(period_start('presence.count_until', 'cohort.period_grain'), 'cohort.period_grain', -1) }}
        end as last_period
    from cohort
    inner join {{ ref('int_membership__presence') }} as presence
        on
            cohort.return_event = 'present'
            and cohort.scope_type = presence.scope_type
            and cohort.scope_id = presence.scope_id
            and cohort.member_key = presence.member_key
            and cohort.observed_until >= presence.start_date
            and (presence.count_until is null or cohort.cohort_start < presence.count_until)
),

runs as (
    select definition, period_grain, scope_type, scope_id, cohort_start, member_key, horizon, first_index, first_index as last_index
    from events
    union all
    select
        definition,
        period_grain,
        scope_type,
        scope_id,
        cohort_start,
        member_key,
        horizon,
        {{ periods_between('first_period', 'cohort_start', 'period_grain') }} as first_index,
        {{ periods_between('last_period', 'cohort_start', 'period_grain') }} as last_index
    from presences
    where last_period >= first_period
)

-- Index 0 is the cohort itself and needs no return.
select
    definition,
    period_grain,
    scope_type,
    scope_id,
    cohort_start,
    member_key,
    greatest(first_index, 1) as first_index,
    least(last_index, horizon) as last_index
from runs
where greatest(first_index, 1) <= least(last_index, horizon)
