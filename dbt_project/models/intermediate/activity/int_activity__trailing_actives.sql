{{ config(materialized='view') }}
-- Grain: one row per scope and rebuilt business date: distinct members active in the 1, 7, 28 and 30 days that end on it.
-- Each active day counts from itself until the member's next one or the end of its window, so one pass gives every window exactly
-- and nobody is counted twice. Only the rebuilt dates and the 29 days before them are read.
with spine as (
    select scope_dates.scope_type, scope_dates.scope_id, rebuilt.business_date
    from {{ ref('int_status__scope_dates') }} as scope_dates
    inner join {{ ref('int_activity__rebuilt_dates') }} as rebuilt
        on rebuilt.business_date between scope_dates.first_date and scope_dates.last_date
    where scope_dates.domain = 'activity'
),

needed as (
    select distinct dates.business_date
    from {{ ref('int_activity__rebuilt_dates') }} as rebuilt
    inner join {{ ref('int_calendar__dates') }} as dates
        on dates.business_date between {{ add_days('rebuilt.business_date', -29) }} and rebuilt.business_date
),

active_days as (
    select distinct scope_type, scope_id, member_key, business_date
    from {{ ref('int_activity__member_day_scopes') }}
    where business_date in (select business_date from needed)
),

followed as (
    select
        *,
        lead(business_date) over (partition by scope_type, scope_id, member_key order by business_date) as next_date
    from active_days
),

changes as (
    select windows.days, followed.scope_type, followed.scope_id, followed.business_date, 1 as change
    from followed
    cross join (values (1), (7), (28), (30)) as windows (days)
    union all
    select
        windows.days,
        followed.scope_type,
        followed.scope_id,
        least(followed.next_date, {{ add_days('followed.business_date', 'windows.days') }}) as business_date,
        -1 as change
    from followed
    cross join (values (1), (7), (28), (30)) as windows (days)
    union all
    select windows.days, spine.scope_type, spine.scope_id, spine.business_date, 0 as change
    from spine
    cross join (values (1), (7), (28), (30)) as windows (days)
),

per_date as (
    select days, scope_type, scope_id, business_date, sum(change) as change
    from changes
    group by days, scope_type, scope_id, business_date
),

running as (
    select
        days,
        scope_type,
        scope_id,
        business_date,
        sum(change) over (
            partition by days, scope_type, scope_id order by business_date rows between unbounded preceding and current row
        ) as active_members
    from per_date
)

select
    spine.scope_type,
    spine.scope_id,
    spine.business_date,
    {{ count_measure('max(case when running.days = 1 then running.active_members end)') }} as dau,
    {{ count_measure('max(case when running.days = 7 then running.active_members end)') }} as wau_7,
    {{ count_measure('max(case when running.days = 28 then running.active_members end)') }} as mau_28,
    {{ count_measure('max(case when running.days = 30 then running.active_members end)') }} as mau_30
from spine
inner join running
    on spine.scope_type = running.scope_type and spine.scope_id = running.scope_id and spine.business_date = running.business_date
group by spine.scope_type, spine.scope_id, spine.business_date
