{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_of_changed_memberships',
    unless='member_lists_have_news',
    touches='spell_touches',
    touches_members='spell'
) }}
-- Grain: one row per person's native id, community and moment of joining; half open, left_at NULL while in.
-- All sources of membership in one shape; staff, bots and tests are no members.
with declared as (
    select
        memberships.platform,
        memberships.account_id,
        memberships.community_id,
        memberships.member_id,
        memberships.joined_at,
        memberships.left_at,
        false as is_leave_censored,
        case
            when channels.channel is not null then channels.channel
            -- Who was brought by the team was not brought by a member.
            when memberships.channel is null and inviting_actors.member_key is not null then 'staff'
            when memberships.channel is null and memberships.referrer_member_id is not null then 'referral'
            else 'unknown'
        end as channel
    from {{ ref('int_membership__declared') }} as memberships
    left join {{ ref('channels') }} as channels on lower(memberships.channel) = channels.channel
    left join {{ ref('int_identity__members') }} as inviters on memberships.referrer_member_id = inviters.native_id
    left join {{ ref('int_identity__actors') }} as inviting_actors
        on coalesce(inviters.member_key, memberships.referrer_member_id) = inviting_actors.member_key
),

observed as (
    select
        spells.platform,
        spells.account_id,
        spells.community_id,
        spells.member_id,
        spells.joined_at,
        spells.left_at,
        spells.is_leave_censored,
        -- The channel parameter of the join way is deliberate; an inviter is only ever named when an employee invited.
        coalesce(min(rules.channel), case when spells.inviter_id is not null then 'staff' end, 'unknown') as channel
    from {{ ref('int_membership__observed_spells') }} as spells
    left join {{ ref('channel_rules') }} as rules on spells.state like rules.state_pattern
    group by
        spells.platform,
        spells.account_id,
        spells.community_id,
        spells.member_id,
        spells.joined_at,
        spells.left_at,
        spells.is_leave_censored,
        spells.inviter_id
),

combined as (
    select * from declared
    union all
    select * from observed
)

select
    coalesce(identity.member_key, combined.member_id) as member_key,
    combined.platform,
    combined.account_id,
    {{ community_key('combined.platform', 'combined.account_id', 'combined.community_id') }} as community_key,
    combined.joined_at,
    combined.left_at,
    {{ local_date('combined.joined_at') }} as joined_date,
    {{ local_date('combined.left_at') }} as left_date,
    combined.is_leave_censored,
    combined.channel
from combined
left join {{ ref('int_identity__members') }} as identity on combined.member_id = identity.native_id
left join {{ ref('int_identity__actors') }} as actors on coalesce(identity.member_key, combined.member_id) = actors.member_key
-- A spell that ends when it begins was never a presence.
where
    actors.member_key is null and (combined.left_at is null or combined.left_at > combined.joined_at)
    {% if rebuilds_some_members() -%}
        and coalesce(identity.member_key, combined.member_id) in ({{ members_of_changed_memberships() }})
    {%- endif %}
