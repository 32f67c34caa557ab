{{ config(materialized='view') }}
-- Grain: one row per rebuilt window, period grain, scope and member: in how many periods of the window the member counts as active.
-- Masks answer the common question at the cost of one pass; other events, limits on occurrences and long windows are counted out.
select
    windows.window_grain,
    windows.window_start,
    windows.period_grain,
    masked.scope_type,
    masked.scope_id,
    masked.member_key,
    case windows.period_grain
        when 'day' then {{ bits_set('masked.day_mask') }}
        when 'week' then {{ weeks_of_days('masked.day_mask') }}
        else masked.active_months
    end as active_periods
from {{ ref('int_stickiness__rebuilt_windows') }} as windows
inner join {{ ref('int_stickiness__masked') }} as masked
    on windows.window_start = masked.window_start and windows.window_end = masked.window_end
where {{ is_masked_window('windows') }}
union all
select window_grain, window_start, period_grain, scope_type, scope_id, member_key, active_periods
from {{ ref('int_stickiness__counted') }}
