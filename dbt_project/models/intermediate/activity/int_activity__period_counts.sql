{#- The bits of a block: 31 days, or 4 weeks. -#}
{%- set positions = {'day': 31, 'week': 4} -%}
{%- set counts = {'active': 'period_mask', 'active_before': 'active_before', 'retained': 'retained'} -%}
{%- set windows = {'wau_7': 'within_7', 'mau_28': 'within_28', 'mau_30': 'within_30'} -%}
-- Grain: one row per day, week or month of a rebuilt block and scope: members active in it, in the period before it, in both, and
-- for a day in the 7, 28 and 30 days that end on it.
-- A window is reached by shifting a mask by its parts: 7 = 4 or 4 moved by 3, 28 = 24 or 8 moved by 20, 30 = 24 or 8 moved by 22.
-- noqa: disable=LT02
with masks as (
    select *, {{ either_bit('period_mask', shift_right('period_mask', 1)) }} as within_2
    from {{ ref('int_activity__adjacent_blocks') }}
),

quadrupled as (
    select *, {{ either_bit('within_2', shift_right('within_2', 2)) }} as within_4
    from masks
),

octupled as (
    select *, {{ either_bit('within_4', shift_right('within_4', 4)) }} as within_8
    from quadrupled
),

tripled as (
    select *, {{ either_bit(either_bit('within_8', shift_right('within_8', 8)), shift_right('within_8', 16)) }} as within_24
    from octupled
),

reached as (
    select
        period_grain,
        block_start,
        scope_type,
        scope_id,
        period_mask,
        was_active_in_block_before,
        {{ shift_right('period_mask', 1) }} as active_before,
        {{ both_bits('period_mask', shift_right('period_mask', 1)) }} as retained,
        {{ either_bit('within_4', shift_right('within_4', 3)) }} as within_7,
        {{ either_bit('within_24', shift_right('within_8', 20)) }} as within_28,
        {{ either_bit('within_24', shift_right('within_8', 22)) }} as within_30
    from tripled
),

{% for grain, bits in positions.items() -%}
{{ grain }}_columns as (
    select
        block_start,
        scope_type,
        scope_id,
        {%- if grain == 'day' %}
        {{ count_where(both_bits('period_mask', 2 ** 31 - 1) ~ " <> 0") }} as active_in_block,
        {{ count_where("was_active_in_block_before = 1") }} as active_in_block_before,
        {{ count_where(both_bits('period_mask', 2 ** 31 - 1) ~ " <> 0 and was_active_in_block_before = 1") }} as retained_in_block,
        {%- endif %}
        {%- for position in range(bits) %}
        {%- set last = loop.last %}
        {%- for name, mask in (dict(counts, **windows) if grain == 'day' else counts).items() %}
        {{ count_bit(mask, position) }} as {{ name }}_{{ position }}{{ ',' if not (last and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    from reached
    where period_grain = '{{ grain }}'
    group by block_start, scope_type, scope_id
),

{% endfor -%}
bits as (
    select distinct period_grain, block_start, period_start, bit
    from {{ ref('int_calendar__blocks') }}
)

{% for grain, bits in positions.items() -%}
select
    '{{ grain }}' as period_grain,
    bits.period_start,
    counted.scope_type,
    counted.scope_id,
    {%- for name in dict(counts, **windows) %}
    {%- if name in counts or grain == 'day' %}
    case bits.bit
        {%- for position in range(bits) %}
        when {{ 2 ** position }} then counted.{{ name }}_{{ position }}
        {%- endfor %}
    end as {{ name }}
    {%- else %}
    cast(null as bigint) as {{ name }}
    {%- endif %}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ grain }}_columns as counted
inner join bits on bits.period_grain = '{{ grain }}' and counted.block_start = bits.block_start
union all
{% endfor -%}
select
    'month' as period_grain,
    block_start as period_start,
    scope_type,
    scope_id,
    active_in_block as active,
    active_in_block_before as active_before,
    retained_in_block as retained,
    {%- for name in windows %}
    cast(null as bigint) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from day_columns
