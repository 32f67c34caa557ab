-- Grain: one row per community with a name, as last seen.
-- Names change; a mart's key must not.
with names as (
    select
        {{ community_key('platform', 'account_id', 'community_id') }} as community_key,
        name,
        row_number() over (partition by platform, account_id, community_id order by snapshot_at desc, file_sha256 desc) as name_rank
    from {{ ref('stg_wecom_groups__groups') }}
    where name <> ''

    union all

    select
        {{ community_key('platform', 'account_id', 'community_id') }} as community_key,
        name,
        1 as name_rank
    from {{ ref('stg_chat_export__channels') }}
    where name <> ''
)

select community_key, name
from names
where name_rank = 1
