{{ config(materialized='view') }}
-- Grain: one row per member-day and scope it lies in (several rows a member and day where the scope holds several communities).
-- Members only; a distinct count is taken inside one scope and never added up over scopes.
select 'all' as scope_type, 'all' as scope_id, business_date, member_key, interactions
from {{ ref('int_activity__member_day') }}
where actor_type = 'member'
union all
select 'platform' as scope_type, platform as scope_id, business_date, member_key, interactions
from {{ ref('int_activity__member_day') }}
where actor_type = 'member'
union all
select 'community' as scope_type, community_key as scope_id, business_date, member_key, interactions
from {{ ref('int_activity__member_day') }}
where actor_type = 'member' and community_key <> ''
union all
select 'channel' as scope_type, channels.channel as scope_id, days.business_date, days.member_key, days.interactions
from {{ ref('int_activity__member_day') }} as days
inner join {{ ref('int_membership__channels') }} as channels on days.member_key = channels.member_key
where days.actor_type = 'member'
