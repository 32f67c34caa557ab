{{ config(materialized='view') }}
-- Grain: one row per month, scope and member who was active in it, channels included.
-- A member has one channel, so that the channel's row is that of all.
select block_start, scope_type, scope_id, member_key, period_mask
from {{ ref('int_activity__member_blocks') }}
union all
select blocks.block_start, 'channel' as scope_type, channels.channel as scope_id, blocks.member_key, blocks.period_mask
from {{ ref('int_activity__member_blocks') }} as blocks
inner join {{ ref('int_membership__channels') }} as channels on blocks.member_key = channels.member_key
where blocks.scope_type = 'all'
