-- Grain: one row per member and observation of a customer group.
-- Evidence of presence: who is missing from the next complete list of the group has left in between.
select distinct
    platform,
    coalesce(account_id, '') as account_id,
    chat_id as community_id,
    {{ identifier('member_id') }} as member_id,
    {{ identifier('unionid') }} as unionid,
    coalesce(actor_type, 'member') as actor_type,
    {{ instant('joined_at') }} as joined_at,
    state,
    join_scene,
    inviter_id,
    {{ instant('_snapshot_at') }} as snapshot_at,
    cast(_period_date as date) as business_date,
    _file_sha256 as file_sha256
from {{ lake('wecom_groups', 'group_members') }}
