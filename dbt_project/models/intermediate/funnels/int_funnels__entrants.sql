-- depends_on: {{ ref('int_funnels__rebuilt_members') }}
-- Grain: one row per funnel, scope and member with a start of an attempt that this build makes anew: from which date to which.
-- A number stands for the three: what is made of an entrant's events is narrow, and nothing is read of members who did not start.
with starts as (
    select events.definition, events.platform, events.community_key, events.member_key, events.business_date, definitions.has_communities
    from {{ ref('int_funnels__events') }} as events
    inner join {{ ref('int_funnels__definitions') }} as definitions on events.definition = definitions.definition
    {{ of_rebuilt_members('events') }}
    where
        events.actor_type = 'member'
        and events.steps like case definitions.step_order when 'unordered' then '%1%' else '1%' end
),

scoped as (
    select definition, 'all' as scope_type, 'all' as scope_id, member_key, business_date
    from starts
    union all
    select definition, 'platform' as scope_type, platform as scope_id, member_key, business_date
    from starts
    union all
    select definition, 'community' as scope_type, community_key as scope_id, member_key, business_date
    from starts
    where community_key <> '' and has_communities
    union all
    select records.definition, records.scope_type, records.scope_id, records.member_key, records.business_date
    from {{ ref('int_funnels__records') }} as records
    inner join {{ ref('int_funnels__definitions') }} as definitions on records.definition = definitions.definition
    {{ of_rebuilt_members('records') }}
    where records.steps like case definitions.step_order when 'unordered' then '%1%' else '1%' end
),

entrants as (
    select definition, scope_type, scope_id, member_key, min(business_date) as first_date, max(business_date) as last_date
    from scoped
    group by definition, scope_type, scope_id, member_key
)

select
    {{ any_number() }} as entrant,
    entrants.definition,
    entrants.scope_type,
    entrants.scope_id,
    entrants.member_key,
    entrants.first_date,
    entrants.last_date,
    {{ add_days('entrants.last_date', 'definitions.reach_days') }} as reached_date,
    definitions.step_order,
    definitions.window_seconds
from entrants
inner join {{ ref('int_funnels__definitions') }} as definitions on entrants.definition = definitions.definition
