{{ config(made_in_pieces='pieces_of_events') }}
{%- set key = 'source, platform, account_id, event_id, business_date' -%}
{%- set columns = key ~ ', member_id, community_id, event_type, content_id, campaign_id, value, properties, actor_type, occurred_at, is_deleted' %}
-- depends_on: {{ ref('int_activity__moved_events') }}
-- Grain: one row per event in force, on the business dates that this build rebuilds (a full refresh: on all).
-- Read once here and aggregated three ways; it is a work table of the build, not a store of events.
-- Most events were delivered once: only the others are ranked, because that sorts whole rows.
with repeated as (
    select {{ key }}
    from {{ ref('int_activity__event_versions') }}
    where {{ in_this_piece() }}
    group by {{ key }}
    having count(*) > 1
),

ranked as (
    select
        versions.*,
        {{ version_rank(key) }} as version_rank,
        {{ is_restated(key) }} as is_restated
    from {{ ref('int_activity__event_versions') }} as versions
    inner join repeated using ({{ key }})
    where {{ in_this_piece() }}
),

newest as (
    select {{ columns }}, false as is_restated
    from {{ ref('int_activity__event_versions') }}
    left join repeated using ({{ key }})
    where {{ in_this_piece() }} and repeated.event_id is null

    union all

    select {{ columns }}, is_restated
    from ranked
    where version_rank = 1
),

in_force as (
    select newest.*
    from newest
    left join {{ ref('int_activity__moved_events') }} as moved
        on
            case when newest.source = 'events' then newest.platform end = moved.platform
            and newest.account_id = moved.account_id
            and newest.event_id = moved.event_id
            and newest.business_date = moved.business_date
    where not newest.is_deleted and moved.event_id is null
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
