{{ config(materialized='view') }}
-- Grain: one row per rebuilt window, scope and member active in it, for windows in which every occurrence counts alike.
-- A bit per day, week and month of the window: a month's days are read once for all its period grains, first per community, and
-- what is read is folded before it is seen from several scopes. A mask holds 63 periods.
with windows as (
    select distinct event, window_start, window_end
    from {{ ref('int_stickiness__rebuilt_windows') }}
),

indexes as (
    select
        windows.event,
        windows.window_start,
        windows.window_end,
        dates.business_date,
        {{ days_between('dates.business_date', 'windows.window_start') }} as day_index,
        {{ periods_between(week_start('dates.business_date'), week_start('windows.window_start'), "'week'") }} as week_index,
        {{ periods_between(month_start('dates.business_date'), month_start('windows.window_start'), "'month'") }} as month_index
    from windows
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between windows.window_start and windows.window_end
),

days as (
    select
        event,
        window_start,
        window_end,
        business_date,
        case when day_index <= 62 then {{ mask_bit('day_index') }} else 0 end as day_bit,
        case when week_index <= 62 then {{ mask_bit('week_index') }} else 0 end as week_bit,
        case when month_index <= 62 then {{ mask_bit('month_index') }} else 0 end as month_bit
    from indexes
),

by_community as (
    select
        days.event,
        days.window_start,
        days.window_end,
        occurrences.member_key,
        occurrences.platform,
        occurrences.community_key,
        {{ bits_of_all('days.day_bit') }} as day_mask,
        {{ bits_of_all('days.week_bit') }} as week_mask,
        {{ bits_of_all('days.month_bit') }} as month_mask
    from {{ ref('int_stickiness__occurrences') }} as occurrences
    inner join days on occurrences.event = days.event and occurrences.business_date = days.business_date
    where {{ lies_in_rebuilt_windows('occurrences.business_date') }}
    group by
        days.event, days.window_start, days.window_end, occurrences.member_key, occurrences.platform, occurrences.community_key
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
    event,
    window_start,
    window_end,
    scope_type,
    scope_id,
    member_key,
    {{ bits_of_all('day_mask') }} as day_mask,
    {{ bits_of_all('week_mask') }} as week_mask,
    {{ bits_of_all('month_mask') }} as month_mask
from scoped
where scope_id is not null
group by event, window_start, window_end, scope_type, scope_id, member_key
