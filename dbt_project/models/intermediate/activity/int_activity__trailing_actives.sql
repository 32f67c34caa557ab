{{ config(materialized='view') }}
-- Grain: one row per scope and rebuilt business date: distinct members active in the 1, 7, 28 and 30 days that end on it.
-- A date without anybody in its window is known to have none.
select
    scope_dates.scope_type,
    scope_dates.scope_id,
    rebuilt.business_date,
    coalesce(counts.active, 0) as dau,
    coalesce(counts.wau_7, 0) as wau_7,
    coalesce(counts.mau_28, 0) as mau_28,
    coalesce(counts.mau_30, 0) as mau_30
from {{ ref('int_status__scope_dates') }} as scope_dates
inner join {{ ref('int_activity__rebuilt_dates') }} as rebuilt
    on rebuilt.business_date between scope_dates.first_date and scope_dates.last_date
left join {{ ref('int_activity__period_counts') }} as counts
    on
        counts.period_grain = 'day'
        and scope_dates.scope_type = counts.scope_type
        and scope_dates.scope_id = counts.scope_id
        and rebuilt.business_date = counts.period_start
where scope_dates.domain = 'activity'
