{{ config(materialized='incremental', incremental_strategy='replace_changed', touches='membership_day_touches') }}
-- Grain: one row per scope and business date from the scope's first presence to the last date its member lists cover.
-- Flows of spells and persons, and the stock that follows from them exactly.
with spine as (
    select scope_dates.scope_type, scope_dates.scope_id, dates.business_date
    from {{ ref('int_status__scope_dates') }} as scope_dates
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between scope_dates.first_date and scope_dates.last_date
    where scope_dates.domain = 'membership'
),

changes as (
    select scope_type, scope_id, {{ local_date('joined_at') }} as business_date, 'join' as change
    from {{ ref('int_membership__scoped_spells') }}
    union all
    select scope_type, scope_id, {{ local_date('left_at') }} as business_date, 'leave' as change
    from {{ ref('int_membership__scoped_spells') }}
    where left_at is not null
    union all
    select scope_type, scope_id, {{ local_date('left_at') }} as business_date, 'censored_leave' as change
    from {{ ref('int_membership__scoped_spells') }}
    where left_at is not null and is_leave_censored
    union all
    select scope_type, scope_id, start_date as business_date, case when presence_index = 1 then 'new' else 'rejoined' end as change
    from {{ ref('int_membership__presence') }}
    union all
    select scope_type, scope_id, end_date as business_date, 'left' as change
    from {{ ref('int_membership__presence') }}
    where end_date is not null
    union all
    select scope_type, scope_id, start_date as business_date, 'present' as change
    from {{ ref('int_membership__presence') }}
    union all
    select scope_type, scope_id, count_until as business_date, 'absent' as change
    from {{ ref('int_membership__presence') }}
    where count_until is not null
),

daily as (
    select
        spine.scope_type,
        spine.scope_id,
        spine.business_date,
        {{ count_where("changes.change = 'join'") }} as joins,
        {{ count_where("changes.change = 'leave'") }} as leaves,
        {{ count_where("changes.change = 'censored_leave'") }} as censored_leaves,
        {{ count_where("changes.change = 'new'") }} as new_members,
        {{ count_where("changes.change = 'rejoined'") }} as rejoined_members,
        {{ count_where("changes.change = 'left'") }} as left_members,
        {{ count_where("changes.change = 'present'") }} - {{ count_where("changes.change = 'absent'") }} as presence_change
    from spine
    left join changes
        on
            spine.scope_type = changes.scope_type
            and spine.scope_id = changes.scope_id
            and spine.business_date = changes.business_date
    group by spine.scope_type, spine.scope_id, spine.business_date
),

-- Days on which some community of the scope had members but not yet a complete list: the scope's stock is not known.
unlisted as (
    select distinct daily.scope_type, daily.scope_id, daily.business_date
    from daily
    inner join {{ ref('int_membership__listed') }} as listed
        on
            (
                daily.scope_type in ('all', 'channel')
                or (daily.scope_type = 'platform' and daily.scope_id = listed.platform)
                or (daily.scope_type = 'community' and daily.scope_id = listed.community_key)
            )
            and daily.business_date >= listed.first_date
            and daily.business_date < listed.listed_from_date
),

stocks as (
    select
        daily.*,
        sum(new_members + rejoined_members - left_members) over scope_to_date as members_at_end,
        sum(presence_change) over scope_to_date as present_members
    from daily
    window scope_to_date as (partition by scope_type, scope_id order by business_date rows between unbounded preceding and current row)
)

select
    stocks.scope_type,
    stocks.scope_id,
    stocks.business_date,
    stocks.joins,
    stocks.leaves,
    stocks.censored_leaves,
    stocks.new_members,
    stocks.rejoined_members,
    stocks.left_members,
    case when unlisted.business_date is null then {{ count_measure('stocks.members_at_end') }} end as members_at_end,
    case when unlisted.business_date is null then {{ count_measure('stocks.present_members') }} end as present_members
from stocks
left join unlisted
    on
        stocks.scope_type = unlisted.scope_type
        and stocks.scope_id = unlisted.scope_id
        and stocks.business_date = unlisted.business_date
