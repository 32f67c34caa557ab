{{ config(made_in_pieces='pieces_of_events') }}
-- depends_on: {{ ref('int_activity__rebuilt_dates') }}
-- Grain: one row per rebuilt business date, scope and number of messages of a member on it: how many active members sent so many, how
-- often they were active at all, and how many of them were present. All that the daily numbers ask of members is asked here, once.
-- A member has one channel, so that the channel's row is that of all.
with by_community as (
    select business_date, platform, community_key, member_key, interactions, messages
    from {{ ref('int_activity__member_day') }}
    where actor_type = 'member' and {{ is_rebuilt_date('business_date') }} and {{ in_this_piece() }}
),

by_platform as (
    select
        business_date,
        platform,
        member_key,
        {{ count_measure('sum(interactions)') }} as interactions,
        {{ count_measure('sum(messages)') }} as messages
    from by_community
    group by business_date, platform, member_key
),

by_all as (
    select
        business_date,
        member_key,
        {{ count_measure('sum(interactions)') }} as interactions,
        {{ count_measure('sum(messages)') }} as messages
    from by_platform
    group by business_date, member_key
),

days as (
    select 'all' as scope_type, 'all' as scope_id, channels.channel, by_all.business_date, by_all.member_key, by_all.interactions, by_all.messages
    from by_all
    left join {{ ref('int_membership__channels') }} as channels on by_all.member_key = channels.member_key
    union all
    select 'platform' as scope_type, platform as scope_id, cast(null as varchar) as channel, business_date, member_key, interactions, messages
    from by_platform
    union all
    select 'community' as scope_type, community_key as scope_id, cast(null as varchar) as channel, business_date, member_key, interactions, messages
    from by_community
    where community_key <> ''
),

counted as (
    select
        days.scope_type,
        days.scope_id,
        days.channel,
        days.business_date,
        days.messages,
        {{ count_measure('count(*)') }} as members,
        {{ count_measure('sum(days.interactions)') }} as interactions,
        -- Of a member's presences in a scope one at most covers a day.
        {{ count_measure('count(presence.member_key)') }} as present_members
    from days
    left join {{ ref('int_membership__presence') }} as presence
        on
            days.scope_type = presence.scope_type
            and days.scope_id = presence.scope_id
            and days.member_key = presence.member_key
            and days.business_date >= presence.start_date
            and days.business_date < coalesce(presence.count_until, date '9999-12-31')
    group by days.scope_type, days.scope_id, days.channel, days.business_date, days.messages
),

scoped as (
    select scope_type, scope_id, business_date, messages, members, interactions, present_members
    from counted
    union all
    select 'channel' as scope_type, channel as scope_id, business_date, messages, members, interactions, present_members
    from counted
    where channel is not null
)

select
    scope_type,
    scope_id,
    business_date,
    messages,
    {{ count_measure('sum(members)') }} as members,
    {{ count_measure('sum(interactions)') }} as interactions,
    {{ count_measure('sum(present_members)') }} as present_members
from scoped
group by scope_type, scope_id, business_date, messages
