-- Grain: one row per account of a chat workspace; the newest export that lists it wins.
-- Who is a bot is only said here.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        member_id,
        actor_type,
        cast(null as timestamp) as updated_at,
        cast(_period_date as date) as business_date,
        {{ version_columns() }}
    from {{ lake('chat_export', 'users') }}
),

ranked as (
    select
        *,
        {{ version_rank('platform, account_id, member_id') }} as version_rank
    from versions
)

select platform, account_id, member_id, actor_type, business_date
from ranked
where version_rank = 1
