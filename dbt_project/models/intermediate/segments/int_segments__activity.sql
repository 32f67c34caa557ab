{{ config(materialized='view') }}
-- Grain: one row per end of a rebuilt period, scope and member active in the look-back before it.
-- Read once per end and community, folded, and only then seen from several scopes. Weeks are blocks of seven days that end on the day.
with lookback as (
    select coalesce(max(lookback_days), 0) as days
    from {{ ref('int_segments__sets') }}
),

ends as (
    select distinct as_of_date
    from {{ ref('int_segments__rebuilt_periods') }}
),

days as (
    select ends.as_of_date, dates.business_date, {{ days_between('ends.as_of_date', 'dates.business_date') }} as days_ago
    from ends
    cross join lookback
    inner join {{ ref('int_calendar__dates') }} as dates
        on ends.as_of_date >= dates.business_date and {{ add_days('ends.as_of_date', '-lookback.days') }} < dates.business_date
),

bits as (
    select
        as_of_date,
        business_date,
        case when days_ago < 28 then {{ mask_bit('days_ago') }} else 0 end as day_bit,
        case when days_ago < 56 then {{ mask_bit(exact_quotient('days_ago', 7)) }} else 0 end as week_bit
    from days
),

by_community as (
    select
        bits.as_of_date,
        member_days.member_key,
        member_days.platform,
        member_days.community_key,
        max(member_days.business_date) as last_active_date,
        {{ bits_of_all('bits.day_bit') }} as day_mask,
        {{ bits_of_all('bits.week_bit') }} as week_mask
    from {{ ref('int_activity__member_day') }} as member_days
    inner join bits on member_days.business_date = bits.business_date
    where member_days.actor_type = 'member'
    group by bits.as_of_date, member_days.member_key, member_days.platform, member_days.community_key
),

scoped as (
    select
        by_community.*,
        scopes.scope_type,
        {{ scope_id_of('scopes.scope_type', 'by_community', 'channels') }} as scope_id
    from by_community
    left join {{ ref('int_membership__channels') }} as channels on by_community.member_key = channels.member_key
    cross join {{ scope_types() }} as scopes (scope_type)
)

select
    as_of_date,
    scope_type,
    scope_id,
    member_key,
    max(last_active_date) as last_active_date,
    {{ bits_set(bits_of_all('day_mask')) }} as active_days_of_28,
    {{ bits_set(bits_of_all('week_mask')) }} as active_weeks_of_8
from scoped
where scope_id is not null
group by as_of_date, scope_type, scope_id, member_key
