-- Grain: one row per account and business date: what WeCom itself counts of an account's customer groups.
-- Told for everybody at once, or per owner: a group has one owner, so owners add up once every owner known by then has reported.
with single_owners as (
    select *
    from {{ ref('stg_wecom_stats__group_days') }}
    where owner is not null and coalesce(owners_asked, 1) = 1
),

owners as (
    select platform, account_id, owner, min(business_date) as first_date
    from single_owners
    group by platform, account_id, owner
),

reported_dates as (
    select distinct platform, account_id, business_date
    from single_owners
),

expected as (
    select reported_dates.platform, reported_dates.account_id, reported_dates.business_date, count(*) as owners
    from reported_dates
    inner join owners
        on
            reported_dates.platform = owners.platform
            and reported_dates.account_id = owners.account_id
            and reported_dates.business_date >= owners.first_date
    group by reported_dates.platform, reported_dates.account_id, reported_dates.business_date
),

by_owner as (
    select
        days.platform,
        days.account_id,
        days.business_date,
        case when count(days.members_total) = max(expected.owners) then sum(days.members_total) end as members_total,
        case when count(days.messages) = max(expected.owners) then sum(days.messages) end as messages,
        case when count(days.chats_total) = max(expected.owners) then sum(days.chats_total) end as chats_total,
        case when count(days.chats_with_messages) = max(expected.owners) then sum(days.chats_with_messages) end as chats_with_messages
    from single_owners as days
    inner join expected using (platform, account_id, business_date)
    group by days.platform, days.account_id, days.business_date
),

whole as (
    select platform, account_id, business_date, members_total, messages, chats_total, chats_with_messages
    from {{ ref('stg_wecom_stats__group_days') }}
    where owner is null
)

select
    platform,
    account_id,
    business_date,
    {{ count_measure('coalesce(whole.members_total, by_owner.members_total)') }} as members_total,
    {{ count_measure('coalesce(whole.messages, by_owner.messages)') }} as messages,
    {{ count_measure('coalesce(whole.chats_total, by_owner.chats_total)') }} as chats_total,
    {{ count_measure('coalesce(whole.chats_with_messages, by_owner.chats_with_messages)') }} as chats_with_messages
from by_owner
full outer join whole using (platform, account_id, business_date)
