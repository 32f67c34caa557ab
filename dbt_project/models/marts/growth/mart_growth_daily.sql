-- Grain: one row per business date and scope, from the scope's first presence to the last date its member lists cover.
-- Joins and leaves count spells; new, rejoined and left count persons of the scope.
with accounts as (
    select platform, account_id, min(business_date) as first_date
    from {{ ref('stg_account_daily__account_daily') }}
    group by platform, account_id
),

-- A platform's own figure is known for a day only if every account of it that was known by then reported it.
expected as (
    select accounts.platform, dates.business_date, count(*) as accounts
    from accounts
    inner join {{ ref('int_calendar__dates') }} as dates
        on
            dates.business_date >= accounts.first_date
            and dates.business_date <= (select max(business_date) from {{ ref('stg_account_daily__account_daily') }})
    group by accounts.platform, dates.business_date
),

reported as (
    select
        expected.platform,
        expected.business_date,
        case when count(daily.gained) = max(expected.accounts) then sum(daily.gained) end as new_members,
        case when count(daily.lost) = max(expected.accounts) then sum(daily.lost) end as left_members,
        case when count(daily.followers) = max(expected.accounts) then sum(daily.followers) end as members_at_end
    from expected
    left join {{ ref('stg_account_daily__account_daily') }} as daily
        on expected.platform = daily.platform and expected.business_date = daily.business_date
    group by expected.platform, expected.business_date
)

select
    daily.business_date,
    daily.scope_type,
    daily.scope_id,
    daily.joins,
    daily.leaves,
    daily.censored_leaves,
    daily.new_members,
    daily.rejoined_members,
    daily.left_members,
    daily.members_at_end,
    {{ count_measure('reported.new_members') }} as reported_new_members,
    {{ count_measure('reported.left_members') }} as reported_left_members,
    {{ count_measure('reported.members_at_end') }} as reported_members_at_end
from {{ ref('int_membership__daily') }} as daily
left join reported
    on daily.scope_type = 'platform' and daily.scope_id = reported.platform and daily.business_date = reported.business_date
