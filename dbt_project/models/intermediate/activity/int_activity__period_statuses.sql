{{ config(materialized='view') }}
-- Grain: one row per rebuilt period, scope and member who was active in it or in the period before.
-- The status decides between new, retained, resurrected and dormant; it needs the period itself and the one before, no more history.
with needed as (
    select period_grain, period_start
    from {{ ref('int_activity__rebuilt_periods') }}
    union
    select period_grain, {{ add_periods('period_start', 'period_grain', -1) }} as period_start
    from {{ ref('int_activity__rebuilt_periods') }}
),

needed_dates as (
    select needed.period_grain, needed.period_start, dates.business_date
    from needed
    inner join {{ ref('int_calendar__dates') }} as dates
        on dates.business_date between needed.period_start and {{ period_end('needed.period_start', 'needed.period_grain') }}
),

active as (
    select distinct needed_dates.period_grain, needed_dates.period_start, days.scope_type, days.scope_id, days.member_key
    from {{ ref('int_activity__member_day_scopes') }} as days
    inner join needed_dates on days.business_date = needed_dates.business_date
),

-- Each active member seen from the period itself and from the one after it.
views as (
    select period_grain, period_start, scope_type, scope_id, member_key, 1 as is_active, 0 as was_active
    from active
    union all
    select
        period_grain,
        {{ add_periods('period_start', 'period_grain', 1) }} as period_start,
        scope_type,
        scope_id,
        member_key,
        0 as is_active,
        1 as was_active
    from active
),

seen as (
    select period_grain, period_start, scope_type, scope_id, member_key, max(is_active) as is_active, max(was_active) as was_active
    from views
    group by period_grain, period_start, scope_type, scope_id, member_key
)

select
    seen.period_grain,
    seen.period_start,
    seen.scope_type,
    seen.scope_id,
    seen.member_key,
    case
        when seen.is_active = 0 then 'dormant'
        when {{ period_start('first_seen.first_seen_date', 'seen.period_grain') }} = seen.period_start then 'new'
        when seen.was_active = 1 then 'retained'
        else 'resurrected'
    end as status
from seen
inner join {{ ref('int_activity__first_seen') }} as first_seen
    on
        seen.scope_type = first_seen.scope_type
        and seen.scope_id = first_seen.scope_id
        and seen.member_key = first_seen.member_key
