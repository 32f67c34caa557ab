{{ config(made_in_pieces=true) }}
-- depends_on: {{ ref('int_activity__moved_events') }}
-- Grain: one row per event in force, on the business dates that this build rebuilds (a full refresh: on all).
-- Read once here and aggregated three ways; it is a work table of the build, not a store of events.
with versions as (
    select 'events' as source, * from {{ ref('stg_events__events') }}
    union all
    select 'chat_export' as source, * from {{ ref('stg_chat_export__messages') }}
    union all
    select 'chat_export' as source, * from {{ ref('stg_chat_export__reactions') }}
),

ranked as (
    select
        *,
        {{ version_rank('source, platform, account_id, event_id, business_date') }} as version_rank,
        {{ is_restated('source, platform, account_id, event_id, business_date') }} as is_restated
    from versions
),

in_force as (
    select ranked.*
    from ranked
    left join {{ ref('int_activity__moved_events') }} as moved
        on
            ranked.source = 'events'
            and ranked.platform = moved.platform
            and ranked.account_id = moved.account_id
            and ranked.event_id = moved.event_id
            and ranked.business_date = moved.business_date
    where ranked.version_rank = 1 and not ranked.is_deleted and moved.event_id is null
)

select
    in_force.source,
    in_force.platform,
    in_force.account_id,
    in_force.business_date,
    in_force.occurred_at,
    {{ local_hour('in_force.occurred_at') }} as hour,
    coalesce(identity.member_key, in_force.member_id) as member_key,
    coalesce({{ community_key('in_force.platform', 'in_force.account_id', 'in_force.community_id') }}, '') as community_key,
    coalesce(actors.actor_type, in_force.actor_type) as actor_type,
    in_force.event_type,
    {{ filtered_event_columns('in_force') }},
    coalesce(event_types.is_activity, false) as is_activity,
    coalesce(event_types.is_message, false) as is_message,
    in_force.is_restated
from in_force
left join {{ ref('int_identity__members') }} as identity on in_force.member_id = identity.native_id
left join {{ ref('int_identity__actors') }} as actors on coalesce(identity.member_key, in_force.member_id) = actors.member_key
left join {{ ref('event_types') }} as event_types on in_force.event_type = event_types.event_type
