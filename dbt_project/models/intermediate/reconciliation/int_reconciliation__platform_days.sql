-- Grain: one row per metric, account and business date that a platform counts by itself, from the first to the last one it reports.
-- Of followers only accounts whose members lists tell of: of another one nobody could say who its followers are.
with listed_accounts as (
    select distinct {{ key_part('community_key', 1) }} as platform, {{ key_part('community_key', 2) }} as account_id
    from {{ ref('int_membership__listed') }}
),

figures as (
    select 'members' as metric, platform, account_id, business_date, members_total as reported, chats_total as groups
    from {{ ref('int_reconciliation__owner_days') }}
    union all
    select 'messages' as metric, platform, account_id, business_date, messages as reported, chats_with_messages as groups
    from {{ ref('int_reconciliation__owner_days') }}
    union all
    select 'followers' as metric, days.platform, days.account_id, days.business_date, days.followers as reported, cast(null as bigint) as groups
    from {{ ref('int_content__account_daily') }} as days
    inner join listed_accounts on days.platform = listed_accounts.platform and days.account_id = listed_accounts.account_id
),

ranges as (
    select metric, platform, account_id, min(business_date) as first_date, max(business_date) as last_date
    from figures
    where reported is not null
    group by metric, platform, account_id
),

-- A day that is not over yet when the platform is asked has a figure too.
finals as (
    select platform, account_id, source = 'wecom_stats' as is_of_groups, max(observed_until) as final_until
    from {{ source('control', 'observed') }}
    where source in ('wecom_stats', 'account_daily', 'wechat_mp', 'creator_content')
    group by platform, account_id, source = 'wecom_stats'
)

select
    ranges.metric,
    ranges.platform,
    ranges.account_id,
    dates.business_date,
    figures.reported,
    figures.groups,
    coalesce(dates.business_date <= finals.final_until, false) as is_final
from ranges
inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between ranges.first_date and ranges.last_date
left join figures
    on
        ranges.metric = figures.metric
        and ranges.platform = figures.platform
        and ranges.account_id = figures.account_id
        and dates.business_date = figures.business_date
left join finals
    on
        ranges.platform = finals.platform
        and ranges.account_id = finals.account_id
        and finals.is_of_groups = (ranges.metric <> 'followers')
