{{ config(materialized='view') }}
-- Grain: one row per grain of a block, rebuilt block, scope and member who was active in it or shortly before.
-- The block before stands in front of the block itself, so that a mask reaches the 29 days before a day and the period before a
-- period: 31 days before 31 days need 62 bits. A February of 28 days is too short for that: its January gives its last day.
with rebuilt as (
    select distinct blocks.period_grain, blocks.block_start
    from {{ ref('int_calendar__blocks') }} as blocks
    left join {{ ref('int_activity__rebuilt_dates') }} as dates on blocks.business_date = dates.business_date
    left join {{ ref('int_activity__rebuilt_periods') }} as periods
        on
            blocks.period_grain = periods.period_grain
            and blocks.period_start = periods.period_start
    left join {{ ref('int_activity__rebuilt_periods') }} as months
        on
            blocks.period_grain = 'day'
            and months.period_grain = 'month'
            and blocks.block_start = months.period_start
    where
        periods.period_start is not null
        or months.period_start is not null
        or (blocks.period_grain = 'day' and dates.business_date is not null)
),

adjacent as (
    select
        period_grain,
        block_start,
        case period_grain when 'day' then {{ add_months('block_start', -1) }} else {{ add_days('block_start', -28) }} end as block_before,
        case period_grain when 'day' then {{ add_months('block_start', -2) }} end as second_block_before
    from rebuilt
),

shifts as (
    select period_grain, block_start, block_start as source_block, 0 as shift, 'itself' as part
    from adjacent
    union all
    select
        period_grain,
        block_start,
        block_before as source_block,
        case period_grain when 'day' then {{ days_between('block_start', 'block_before') }} else 4 end as shift,
        'before' as part
    from adjacent
    union all
    select
        period_grain,
        block_start,
        second_block_before as source_block,
        {{ days_between('block_start', 'second_block_before') }} as shift,
        'last day' as part
    from adjacent
    where period_grain = 'day' and {{ days_between('block_start', 'block_before') }} = 28
)

select
    shifts.period_grain,
    shifts.block_start,
    scopes.scope_type,
    scopes.scope_id,
    scopes.member_key,
    cast(
        sum(
            {{ shift_left('case shifts.part when \'last day\' then ' ~ both_bits('scopes.period_mask', 1) ~ ' else scopes.period_mask end', 'shifts.shift') }}
        ) as bigint
    ) as period_mask,
    cast(max(case when shifts.part = 'before' then 1 else 0 end) as bigint) as was_active_in_block_before
from {{ ref('int_activity__block_scopes') }} as scopes
inner join shifts on scopes.period_grain = shifts.period_grain and scopes.block_start = shifts.source_block
group by shifts.period_grain, shifts.block_start, scopes.scope_type, scopes.scope_id, scopes.member_key
