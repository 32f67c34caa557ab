-- Grain: one row per channel of a chat workspace; the newest export that lists it wins.
-- Channels are renamed: the id is the community, the name is a label.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        community_id,
        name,
        cast(null as timestamp) as updated_at,
        cast(_period_date as date) as business_date,
        {{ version_columns() }}
    from {{ lake('chat_export', 'channels') }}
),

ranked as (
    select
        *,
        {{ version_rank('platform, account_id, community_id') }} as version_rank
    from versions
)

select platform, account_id, community_id, name, business_date
from ranked
where version_rank = 1
