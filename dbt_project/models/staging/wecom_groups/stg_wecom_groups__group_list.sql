-- Grain: one row per customer group and observation of the list of groups.
-- The list says which groups there are and nothing about their members.
select distinct
    platform,
    coalesce(account_id, '') as account_id,
    chat_id as community_id,
    status,
    {{ instant('_snapshot_at') }} as snapshot_at,
    cast(_period_date as date) as business_date,
    _file_sha256 as file_sha256
from {{ lake('wecom_groups', 'group_list') }}
