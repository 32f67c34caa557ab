{{ config(materialized='view') }}
-- Grain: one row per spell and scope it lies in.
-- A spell lies in several scopes at once; channel is that of the first entry anywhere.
select 'all' as scope_type, 'all' as scope_id, member_key, joined_at, left_at, joined_date, left_date, is_leave_censored
from {{ ref('int_membership__spells') }}
union all
select 'platform' as scope_type, platform as scope_id, member_key, joined_at, left_at, joined_date, left_date, is_leave_censored
from {{ ref('int_membership__spells') }}
union all
select 'community' as scope_type, community_key as scope_id, member_key, joined_at, left_at, joined_date, left_date, is_leave_censored
from {{ ref('int_membership__spells') }}
union all
select
    'channel' as scope_type,
    channels.channel as scope_id,
    spells.member_key,
    spells.joined_at,
    spells.left_at,
    spells.joined_date,
    spells.left_date,
    spells.is_leave_censored
from {{ ref('int_membership__spells') }} as spells
inner join {{ ref('int_membership__channels') }} as channels on spells.member_key = channels.member_key
