-- Grain: one row per member, customer group and join time that complete member lists show.
-- A list shows who is in now. Who is missing from the next list has left in between: dated by that list, flagged as censored.
with lists as (
    select distinct platform, account_id, community_id, snapshot_at
    from {{ ref('stg_wecom_groups__groups') }}
),

seen as (
    select
        platform,
        account_id,
        community_id,
        member_id,
        coalesce(joined_at, min(snapshot_at) over (partition by platform, account_id, community_id, member_id)) as joined_at,
        state,
        inviter_id,
        snapshot_at
    from {{ ref('stg_wecom_groups__group_members') }}
),

spells as (
    select
        platform,
        account_id,
        community_id,
        member_id,
        joined_at,
        max(snapshot_at) as last_seen_at,
        max(state) as state,
        max(inviter_id) as inviter_id
    from seen
    group by platform, account_id, community_id, member_id, joined_at
),

followed as (
    select
        *,
        lead(joined_at) over (partition by platform, account_id, community_id, member_id order by joined_at) as next_joined_at
    from spells
),

ended as (
    select
        followed.platform,
        followed.account_id,
        followed.community_id,
        followed.member_id,
        followed.joined_at,
        followed.next_joined_at,
        followed.state,
        followed.inviter_id,
        min(lists.snapshot_at) as missing_at
    from followed
    left join lists
        on
            followed.platform = lists.platform
            and followed.account_id = lists.account_id
            and followed.community_id = lists.community_id
            and followed.last_seen_at < lists.snapshot_at
    group by
        followed.platform,
        followed.account_id,
        followed.community_id,
        followed.member_id,
        followed.joined_at,
        followed.next_joined_at,
        followed.state,
        followed.inviter_id
)

select
    platform,
    account_id,
    community_id,
    member_id,
    joined_at,
    -- A join time that changed between two lists: the earlier spell ended at the latest when the later one began.
    least(missing_at, next_joined_at) as left_at,
    state,
    inviter_id
from ended
