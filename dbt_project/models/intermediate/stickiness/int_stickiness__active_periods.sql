{{ config(materialized='view') }}
-- Grain: one row per rebuilt window, period grain, scope and member: in how many periods of the window the member counts as active.
-- The mask answers the common question at the cost of one pass; limits on occurrences, and long windows, are counted out.
select
    windows.window_grain,
    windows.window_start,
    windows.period_grain,
    masked.scope_type,
    masked.scope_id,
    masked.member_key,
    case windows.period_grain
        when 'day' then {{ bits_set('masked.day_mask') }}
        when 'week' then {{ bits_set('masked.week_mask') }}
        else {{ bits_set('masked.month_mask') }}
    end as active_periods
from {{ ref('int_stickiness__rebuilt_windows') }} as windows
inner join {{ ref('int_stickiness__masked') }} as masked
    on windows.event = masked.event and windows.window_start = masked.window_start and windows.window_end = masked.window_end
where {{ is_masked_window('windows') }}
union all
select window_grain, window_start, period_grain, scope_type, scope_id, member_key, active_periods
from {{ ref('int_stickiness__counted') }}
