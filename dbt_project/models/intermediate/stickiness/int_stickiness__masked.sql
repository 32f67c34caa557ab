{{ config(materialized='view') }}
-- Grain: one row per rebuilt window, scope and member active in it, for windows that masks of active days answer.
-- `day_mask`: the active days of the window, the last day of the week in which it ends being the lowest bit: a week is seven bits.
with windows as (
    select distinct windows.window_start, windows.window_end
    from {{ ref('int_stickiness__rebuilt_windows') }} as windows
    where {{ is_masked_window('windows') }}
),

months as (
    select
        windows.window_start,
        windows.window_end,
        blocks.block_start,
        {{ days_between(period_end(week_start('windows.window_end'), "'week'"), add_days('blocks.block_start', 30)) }} as days_after,
        {{ bits_of_all('blocks.bit') }} as days,
        count(*) over (partition by windows.window_start, windows.window_end) as months_of_window
    from windows
    inner join {{ ref('int_calendar__blocks') }} as blocks
        on blocks.business_date between windows.window_start and windows.window_end
    where blocks.period_grain = 'day'
    group by windows.window_start, windows.window_end, blocks.block_start
),

masks as (
    select
        months.window_start,
        months.window_end,
        months.months_of_window,
        members.scope_type,
        members.scope_id,
        members.member_key,
        {{ moved_mask(both_bits('members.period_mask', 'months.days'), 'months.days_after') }} as day_mask
    from {{ ref('int_activity__block_scopes') }} as members
    inner join months on members.block_start = months.block_start
    where {{ both_bits('members.period_mask', 'months.days') }} <> 0
)

select window_start, window_end, scope_type, scope_id, member_key, day_mask, 1 as active_months
from masks
where months_of_window = 1
union all
select
    window_start, window_end, scope_type, scope_id, member_key, {{ bits_of_all('day_mask') }} as day_mask, {{ count_measure('count(*)') }} as active_months
from masks
where months_of_window > 1
group by window_start, window_end, scope_type, scope_id, member_key
