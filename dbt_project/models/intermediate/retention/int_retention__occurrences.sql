{{ config(materialized='view') }}
-- Grain: one row per event name, scope, member and business date on which something that a retention may name happened.
-- `join` is the begin of a presence in the scope or an event that says so, `activity` any qualifying event, `purchase` a paid order;
-- else an event type. An event type that is called like a fact of another kind says nothing about that fact.
with by_event_type as (
    select business_date, member_key, platform, community_key, event_type, occurrences
    from {{ ref('int_activity__member_day_event_type') }}
    where actor_type = 'member' and event_type not in ('activity', 'purchase', 'present')
)

select 'activity' as event_name, 'activity' as domain, scope_type, scope_id, member_key, business_date, interactions as occurrences
from {{ ref('int_activity__member_day_scopes') }}
union all
select 'join' as event_name, 'membership' as domain, scope_type, scope_id, member_key, start_date as business_date, 1 as occurrences
from {{ ref('int_membership__presence') }}
union all
select 'purchase' as event_name, 'commerce' as domain, scope_type, scope_id, member_key, order_date as business_date, 1 as occurrences
from {{ ref('int_commerce__scoped_orders') }}
union all
select event_type as event_name, 'activity' as domain, 'all' as scope_type, 'all' as scope_id, member_key, business_date, occurrences
from by_event_type
union all
select event_type as event_name, 'activity' as domain, 'platform' as scope_type, platform as scope_id, member_key, business_date, occurrences
from by_event_type
union all
select event_type as event_name, 'activity' as domain, 'community' as scope_type, community_key as scope_id, member_key, business_date, occurrences
from by_event_type
where community_key <> ''
union all
select
    by_event_type.event_type as event_name,
    'activity' as domain,
    'channel' as scope_type,
    channels.channel as scope_id,
    by_event_type.member_key,
    by_event_type.business_date,
    by_event_type.occurrences
from by_event_type
inner join {{ ref('int_membership__channels') }} as channels on by_event_type.member_key = channels.member_key
