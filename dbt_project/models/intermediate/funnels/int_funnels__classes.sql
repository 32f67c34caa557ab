-- Grain: one row per funnel, scope, member and instant, and per set of steps and exclusions met, on the dates that this build needs.
-- Events of one class are alike: only how many there are matters. A step at community scope is one in that community.
with needed as (
    select distinct rebuilt.definition, dates.business_date
    from {{ ref('int_funnels__rebuilt_entries') }} as rebuilt
    inner join {{ ref('int_funnels__definitions') }} as definitions on rebuilt.definition = definitions.definition
    inner join {{ ref('int_calendar__dates') }} as dates
        on dates.business_date between rebuilt.entry_date and {{ add_days('rebuilt.entry_date', 'definitions.reach_days') }}
),

events as (
    select events.*, definitions.has_communities
    from {{ ref('int_funnels__events') }} as events
    inner join needed on events.definition = needed.definition and events.business_date = needed.business_date
    inner join {{ ref('int_funnels__definitions') }} as definitions on events.definition = definitions.definition
    where events.actor_type = 'member'
),

scoped as (
    select definition, 'all' as scope_type, 'all' as scope_id, member_key, business_date, occurred_at, steps, exclusions, occurrences
    from events
    union all
    select definition, 'platform' as scope_type, platform as scope_id, member_key, business_date, occurred_at, steps, exclusions, occurrences
    from events
    union all
    select definition, 'community' as scope_type, community_key as scope_id, member_key, business_date, occurred_at, steps, exclusions, occurrences
    from events
    where community_key <> '' and has_communities
    union all
    select
        records.definition,
        records.scope_type,
        records.scope_id,
        records.member_key,
        records.business_date,
        records.occurred_at,
        records.steps,
        records.exclusions,
        records.occurrences
    from {{ ref('int_funnels__records') }} as records
    inner join needed on records.definition = needed.definition and records.business_date = needed.business_date
)

select
    definition,
    scope_type,
    scope_id,
    member_key,
    business_date,
    occurred_at,
    steps,
    exclusions,
    {{ count_measure('sum(occurrences)') }} as occurrences
from scoped
group by definition, scope_type, scope_id, member_key, business_date, occurred_at, steps, exclusions
