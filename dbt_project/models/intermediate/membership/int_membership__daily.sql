{{ config(materialized='incremental', incremental_strategy='replace_changed', touches='membership_day_touches') }}
-- Grain: one row per scope and business date from the scope's first presence to the last date its member lists cover.
-- Flows of spells and persons, and the stock that follows from them exactly.
with spine as (
    select scope_dates.scope_type, scope_dates.scope_id, dates.business_date
    from {{ ref('int_status__scope_dates') }} as scope_dates
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between scope_dates.first_date and scope_dates.last_date
    where scope_dates.domain = 'membership'
),

daily as (
    select
        spine.scope_type,
        spine.scope_id,
        spine.business_date,
        coalesce(flows.joins, 0) as joins,
        coalesce(flows.leaves, 0) as leaves,
        coalesce(flows.censored_leaves, 0) as censored_leaves,
        coalesce(flows.new_members, 0) as new_members,
        coalesce(flows.rejoined_members, 0) as rejoined_members,
        coalesce(flows.left_members, 0) as left_members,
        coalesce(flows.presence_change, 0) as presence_change
    from spine
    left join {{ ref('int_membership__flows') }} as flows
        on
            spine.scope_type = flows.scope_type
            and spine.scope_id = flows.scope_id
            and spine.business_date = flows.business_date
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
