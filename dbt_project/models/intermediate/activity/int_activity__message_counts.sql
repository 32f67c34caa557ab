{{ config(made_in_pieces='pieces_of_events') }}
-- depends_on: {{ ref('int_activity__rebuilt_dates') }}
-- Grain: one row per rebuilt business date, scope and number of messages of a member on it: how many active members sent so many, how
-- often they were active at all, and how many of them were present. All that the daily numbers ask of members is asked here, once.
with by_member as (
    select
        scope_type,
        scope_id,
        business_date,
        member_key,
        {{ count_measure('sum(interactions)') }} as interactions,
        {{ count_measure('sum(messages)') }} as messages
    from {{ ref('int_activity__member_day_scopes') }}
    where {{ is_rebuilt_date('business_date') }} and {{ in_this_piece() }}
    group by scope_type, scope_id, business_date, member_key
)

select
    days.scope_type,
    days.scope_id,
    days.business_date,
    days.messages,
    {{ count_measure('count(*)') }} as members,
    {{ count_measure('sum(days.interactions)') }} as interactions,
    -- Of a member's presences in a scope one at most covers a day.
    {{ count_measure('count(presence.member_key)') }} as present_members
from by_member as days
left join {{ ref('int_membership__presence') }} as presence
    on
        days.scope_type = presence.scope_type
        and days.scope_id = presence.scope_id
        and days.member_key = presence.member_key
        and days.business_date >= presence.start_date
        and days.business_date < coalesce(presence.count_until, date '9999-12-31')
group by days.scope_type, days.scope_id, days.business_date, days.messages
