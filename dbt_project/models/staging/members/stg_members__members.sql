-- Grain: one row per member record of a platform account.
-- The record, not the activity: who somebody is (member, staff, bot, test) and since when.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        member_id,
        {{ instant('first_seen_at') }} as first_seen_at,
        {{ instant('created_at') }} as created_at,
        region,
        actor_type,
        {{ instant('updated_at') }} as updated_at,
        coalesce(is_deleted, 'false') = 'true' as is_deleted,
        cast(_period_date as date) as business_date,
        {{ version_columns() }}
    from {{ lake('members', 'members') }}
),

ranked as (
    select
        *,
        {{ version_rank('platform, account_id, member_id') }} as version_rank,
        min(row_hash) over (partition by platform, account_id, member_id) <> max(row_hash) over (partition by platform, account_id, member_id) as is_restated
    from versions
)

select
    platform,
    account_id,
    member_id,
    first_seen_at,
    created_at,
    region,
    actor_type,
    business_date,
    is_restated
from ranked
where version_rank = 1 and not is_deleted
