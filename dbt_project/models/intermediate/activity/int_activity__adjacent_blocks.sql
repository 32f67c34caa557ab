{{ config(materialized='view') }}
-- Grain: one row per grain of a block, counted block, scope and member who was active in it or shortly before.
-- The block before stands in front of the block itself, so that a mask reaches the 29 days before a day and the period before a
-- period: 31 days before 31 days need 62 bits. A February of 28 days is too short for that: its January gives its last day.
-- noqa: disable=LT02
with counted as (
    select
        block_grain as period_grain,
        block_start,
        -- The first week of a block looks back into the block before, the others do not.
        max(case when block_grain = 'day' or period_start = block_start then 1 else 0 end) = 1 as looks_back
    from {{ ref('int_activity__counted_periods') }}
    group by block_grain, block_start
),

adjacent as (
    select
        period_grain,
        block_start,
        looks_back,
        case period_grain when 'day' then {{ add_months('block_start', -1) }} else {{ add_days('block_start', -28) }} end as block_before,
        case period_grain when 'day' then {{ add_months('block_start', -2) }} end as second_block_before
    from counted
),

shifts as (
    select period_grain, block_start, block_start as source_block, 0 as shift, case when looks_back then 'itself' else 'alone' end as part
    from adjacent
    union all
    select
        period_grain,
        block_start,
        block_before as source_block,
        case period_grain when 'day' then {{ days_between('block_start', 'block_before') }} else 4 end as shift,
        'before' as part
    from adjacent
    where looks_back
    union all
    select
        period_grain,
        block_start,
        second_block_before as source_block,
        {{ days_between('block_start', 'second_block_before') }} as shift,
        'last day' as part
    from adjacent
    where period_grain = 'day' and {{ days_between('block_start', 'block_before') }} = 28
),

{% set key = ['period_grain', 'block_start', 'scope_type', 'scope_id', 'member_key'] | join(', ') -%}
{% for name, part in {'alone': 'alone', 'at_block': 'itself', 'in_block_before': 'before', 'on_last_day': 'last day'}.items() -%}
{{ name }} as (
    select
        shifts.period_grain,
        shifts.block_start,
        blocks.scope_type,
        blocks.scope_id,
        blocks.member_key,
        {{ shift_left(both_bits('blocks.period_mask', 1) if part == 'last day' else 'blocks.period_mask', 'shifts.shift') }} as period_mask
    from {{ ref('int_activity__member_blocks') }} as blocks
    inner join shifts on blocks.period_grain = shifts.period_grain and blocks.block_start = shifts.source_block
    where shifts.part = '{{ part }}'
),

{% endfor -%}
-- A member has one row in each of them at most.
adjacent_masks as (
    select
        {{ key }},
        {{ either_bit(
            either_bit('coalesce(at_block.period_mask, 0)', 'coalesce(in_block_before.period_mask, 0)'), 'coalesce(on_last_day.period_mask, 0)'
        ) }} as period_mask,
        cast(case when in_block_before.period_mask is not null then 1 else 0 end as bigint) as was_active_in_block_before
    from at_block
    full outer join in_block_before using ({{ key }})
    full outer join on_last_day using ({{ key }})
    union all
    select {{ key }}, period_mask, cast(0 as bigint) as was_active_in_block_before
    from alone
)

select {{ key }}, period_mask, was_active_in_block_before
from adjacent_masks
union all
-- A member has one channel, so that the channel's row is that of all.
select
    masks.period_grain,
    masks.block_start,
    'channel' as scope_type,
    channels.channel as scope_id,
    masks.member_key,
    masks.period_mask,
    masks.was_active_in_block_before
from adjacent_masks as masks
inner join {{ ref('int_membership__channels') }} as channels on masks.member_key = channels.member_key
where masks.scope_type = 'all'
