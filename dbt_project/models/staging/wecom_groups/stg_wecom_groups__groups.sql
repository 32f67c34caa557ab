-- Grain: one row per customer group and observation (a `groupchat/get` page): this list was complete at that moment.
-- A group that could not be fetched has no row, so nobody is taken to have left it.
select distinct
    platform,
    coalesce(account_id, '') as account_id,
    chat_id as community_id,
    name,
    {{ instant('_snapshot_at') }} as snapshot_at,
    cast(_period_date as date) as business_date,
    _file_sha256 as file_sha256
from {{ lake('wecom_groups', 'groups') }}
