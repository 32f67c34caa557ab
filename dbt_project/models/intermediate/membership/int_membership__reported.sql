-- Grain: one row per platform and business date: what the platform itself says of its followers or members.
-- A platform's own figure is known for a day only if every account of it that was known by then reported it.
with accounts as (
    select platform, account_id, min(business_date) as first_date
    from {{ ref('stg_account_daily__account_daily') }}
    group by platform, account_id
),

expected as (
    select accounts.platform, dates.business_date, count(*) as accounts
    from accounts
    inner join {{ ref('int_calendar__dates') }} as dates
        on
            accounts.first_date <= dates.business_date
            and dates.business_date <= (select max(business_date) from {{ ref('stg_account_daily__account_daily') }})
    group by accounts.platform, dates.business_date
)

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
