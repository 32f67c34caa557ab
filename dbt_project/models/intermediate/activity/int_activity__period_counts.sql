{%- set positions = counted_positions() -%}
{%- set counts = {'active': 'period_mask', 'active_before': 'active_before', 'retained': 'retained'} -%}
{%- set windows = {'wau_7': 'within_7', 'mau_28': 'within_28', 'mau_30': 'within_30'} -%}
-- depends_on: {{ ref('int_activity__counted_periods') }}
-- Grain: one row per counted day, week or month and scope: members active in it, in the period before it, in both, and
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

{% for grain in ['day', 'week'] -%}
{{ grain }}_columns as (
    select
        block_start,
        scope_type,
        scope_id
        {%- if grain == 'day' %},
        {{ count_where(both_bits('period_mask', 2 ** 31 - 1) ~ " <> 0") }} as active_in_block,
        {{ count_where("was_active_in_block_before = 1") }} as active_in_block_before,
        {{ count_where(both_bits('period_mask', 2 ** 31 - 1) ~ " <> 0 and was_active_in_block_before = 1") }} as retained_in_block
        {%- endif %}
        {%- for position in positions[grain] %}
        {%- for name, mask in (dict(counts, **windows) if grain == 'day' else counts).items() %},
        {{ count_bit(mask, position) }} as {{ name }}_{{ position }}
        {%- endfor %}
        {%- endfor %}
    from reached
    where period_grain = '{{ grain }}'
    group by block_start, scope_type, scope_id
),

{% endfor -%}
periods as (
    select period_grain, period_start, block_start, bit
    from {{ ref('int_activity__counted_periods') }}
)

{% for grain in ['day', 'week'] if positions[grain] -%}
select
    '{{ grain }}' as period_grain,
    periods.period_start,
    counted.scope_type,
    counted.scope_id,
    {%- for name in dict(counts, **windows) %}
    {%- if name in counts or grain == 'day' %}
    case periods.bit
        {%- for position in positions[grain] %}
        when {{ 2 ** position }} then counted.{{ name }}_{{ position }}
        {%- endfor %}
    end as {{ name }}
    {%- else %}
    cast(null as bigint) as {{ name }}
    {%- endif %}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ grain }}_columns as counted
inner join periods on periods.period_grain = '{{ grain }}' and counted.block_start = periods.block_start
union all
{% endfor -%}
select
    'month' as period_grain,
    periods.period_start,
    counted.scope_type,
    counted.scope_id,
    counted.active_in_block as active,
    counted.active_in_block_before as active_before,
    counted.retained_in_block as retained,
    {%- for name in windows %}
    cast(null as bigint) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from day_columns as counted
inner join periods on periods.period_grain = 'month' and counted.block_start = periods.block_start
