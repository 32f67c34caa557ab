{{ config(materialized='view') }}
-- Grain: one row per event, member, community and business date on which something that a declared stickiness may name happened.
-- `activity` is any qualifying event, anything else an event type. Members only.
select 'activity' as event, business_date, member_key, platform, community_key, interactions as occurrences
from {{ ref('int_activity__member_day') }}
where actor_type = 'member'
union all
select event_type as event, business_date, member_key, platform, community_key, occurrences
from {{ ref('int_activity__member_day_event_type') }}
where actor_type = 'member'
