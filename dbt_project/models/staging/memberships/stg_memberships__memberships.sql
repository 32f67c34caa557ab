-- Grain: one row per member, community and moment of joining.
-- A spell: left_at is NULL while the member is in.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        community_id,
        member_id,
        {{ instant('joined_at') }} as joined_at,
        {{ instant('left_at') }} as left_at,
        channel,
        join_scene,
        referrer_member_id,
        {{ instant('updated_at') }} as updated_at,
        coalesce(is_deleted, 'false') = 'true' as is_deleted,
        cast(_period_date as date) as business_date,
        {{ version_columns() }}
    from {{ lake('memberships', 'memberships') }}
),

ranked as (
    select
        *,
        {{ version_rank('platform, account_id, community_id, member_id, joined_at') }} as version_rank,
        min(row_hash) over (partition by platform, account_id, community_id, member_id, joined_at)
        <> max(row_hash) over (partition by platform, account_id, community_id, member_id, joined_at) as is_restated
    from versions
)

select
    platform,
    account_id,
    community_id,
    member_id,
    joined_at,
    left_at,
    channel,
    join_scene,
    referrer_member_id,
    business_date,
    is_restated
from ranked
where version_rank = 1 and not is_deleted
