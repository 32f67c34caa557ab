-- Grain: one row per platform account and business date that the sources of its messages have told in full.
-- A day without a message is a day of none, if the platform's activity is known on it.
with accounts as (
    select distinct platform, account_id, business_date
    from {{ ref('int_reconciliation__platform_days') }}
    where metric = 'messages'
),

communities as (
    select {{ key_part('scope_id', 1) }} as platform, {{ key_part('scope_id', 2) }} as account_id, first_date
    from {{ ref('int_status__scope_dates') }}
    where domain = 'activity' and scope_type = 'community'
),

known as (
    select accounts.platform, accounts.account_id, accounts.business_date, count(communities.first_date) as communities
    from accounts
    inner join {{ ref('int_status__observed') }} as observed
        on
            accounts.platform = observed.scope_id
            and observed.domain = 'activity'
            and observed.scope_type = 'platform'
            and accounts.business_date between observed.observed_from and observed.observed_until
    left join communities
        on
            accounts.platform = communities.platform
            and accounts.account_id = communities.account_id
            and accounts.business_date >= communities.first_date
    group by accounts.platform, accounts.account_id, accounts.business_date
)

select
    known.platform,
    known.account_id,
    known.business_date,
    known.communities,
    {{ count_measure("coalesce(sum(case when days.actor_type = 'member' then days.community_messages end), 0)") }} as member_messages,
    {{ count_measure("coalesce(sum(case when days.actor_type = 'staff' then days.community_messages end), 0)") }} as staff_messages,
    {{ count_measure("coalesce(sum(case when days.actor_type = 'bot' then days.community_messages end), 0)") }} as bot_messages,
    {{ count_measure("coalesce(sum(case when days.actor_type = 'test' then days.community_messages end), 0)") }} as test_messages
from known
left join {{ ref('int_activity__source_day') }} as days
    on known.platform = days.platform and known.account_id = days.account_id and known.business_date = days.business_date
group by known.platform, known.account_id, known.business_date, known.communities
