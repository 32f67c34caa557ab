-- Grain: one row per member, customer group and join time that complete member lists show.
-- A list shows who is in now. Who is missing from the next list has left in between: dated by that list and flagged as censored, unless
-- a callback says when. Callbacks date what lists show and add nothing to it: not every one arrives.
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
        followed.last_seen_at,
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
        followed.last_seen_at,
        followed.next_joined_at,
        followed.state,
        followed.inviter_id
),

bounded as (
    -- A join time that changed between two lists: the earlier spell ended at the latest when the later one began.
    select *, least(missing_at, next_joined_at) as left_before
    from ended
)

select
    bounded.platform,
    bounded.account_id,
    bounded.community_id,
    bounded.member_id,
    bounded.joined_at,
    coalesce(max(departures.occurred_at), bounded.left_before) as left_at,
    bounded.left_before is not null and max(departures.occurred_at) is null as is_leave_censored,
    bounded.state,
    bounded.inviter_id
from bounded
left join {{ ref('stg_wecom_groups__group_event_members') }} as departures
    on
        bounded.platform = departures.platform
        and bounded.account_id = departures.account_id
        and bounded.community_id = departures.chat_id
        and bounded.member_id = departures.member_id
        and departures.update_detail = 'del_member'
        and bounded.last_seen_at < departures.occurred_at
        and bounded.left_before >= departures.occurred_at
group by
    bounded.platform,
    bounded.account_id,
    bounded.community_id,
    bounded.member_id,
    bounded.joined_at,
    bounded.left_before,
    bounded.state,
    bounded.inviter_id
