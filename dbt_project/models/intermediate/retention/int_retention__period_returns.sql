{#- Days of a block of days, weeks of a block of weeks; a month is its block of days. -#}
{%- set places = {'day': 31, 'week': 4, 'month': 1} -%}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['period_grain', 'period_start'],
    affected='rebuilt_return_periods'
) }}
-- Grain: one row per definition of which activity is the return and that is kept by member, period grain, period, scope and cohort.
-- How many members of the cohort were active in the period, if any. Rebuilt by the period of the return: a day counts who was active on
-- it, whenever they entered.
-- noqa: disable=LT02
with rebuilt as (
    select distinct blocks.period_grain, blocks.block_start, blocks.period_start, blocks.bit
    from {{ ref('int_calendar__blocks') }} as blocks
    {% if is_incremental() -%}
        where (blocks.period_grain, blocks.period_start) in ({{ rebuilt_return_periods() }})
    {%- endif %}
),

rebuilt_blocks as (
    select period_grain, block_start, cast(sum(bit) as bigint) as bits
    from rebuilt
    group by period_grain, block_start
    union all
    select 'month' as period_grain, block_start, {{ 2 ** 31 - 1 }} as bits
    from {{ ref('int_calendar__blocks') }}
    where
        period_grain = 'day'
        and business_date = block_start
        {% if is_incremental() -%}
            and ('month', block_start) in ({{ rebuilt_return_periods() }})
        {%- endif %}
),

{% for grain, count in places.items() -%}
{{ grain }}_masks as (
    select
        members.definition,
        members.scope_type,
        members.scope_id,
        {{ period_start('members.entry_date', "'" ~ grain ~ "'") }} as cohort_start,
        blocks.block_start,
        {{ both_bits(both_bits('blocks.period_mask', 'rebuilt_blocks.bits'), bits_after_entry(grain)) }} as returned_periods
    from {{ ref('int_activity__block_scopes') }} as blocks
    inner join rebuilt_blocks
        on
            rebuilt_blocks.period_grain = '{{ grain }}'
            and blocks.period_grain = '{{ 'day' if grain == 'month' else grain }}'
            and blocks.block_start = rebuilt_blocks.block_start
    inner join {{ ref('int_retention__member_returns') }} as members
        on
            blocks.scope_type = members.scope_type
            and blocks.scope_id = members.scope_id
            and blocks.member_key = members.member_key
    inner join {{ ref('int_retention__definitions') }} as definitions
        on members.definition = definitions.definition and definitions.period_grain = '{{ grain }}'
    where {{ both_bits('blocks.period_mask', 'rebuilt_blocks.bits') }} <> 0
),

{{ grain }}_columns as (
    select
        definition,
        scope_type,
        scope_id,
        cohort_start,
        block_start
        {%- for place in range(count) %},
        {{ count_bit('returned_periods', place) if grain != 'month' else count_measure('count(*)') }} as returned_{{ place }}
        {%- endfor %}
    from {{ grain }}_masks
    where returned_periods <> 0
    group by definition, scope_type, scope_id, cohort_start, block_start
),

{% endfor -%}
returned as (
    {% for grain, count in places.items() -%}
    select
        definition,
        '{{ grain }}' as period_grain,
        {{ period_of_bit('block_start', "'" ~ grain ~ "'", 'places.place') }} as period_start,
        scope_type,
        scope_id,
        cohort_start,
        case places.place
            {%- for place in range(count) %}
            when {{ place }} then returned_{{ place }}
            {%- endfor %}
        end as members
    from {{ grain }}_columns
    cross join (
        values
        {%- for place in range(count) %}
        ({{ place }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as places (place)
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select definition, period_grain, period_start, scope_type, scope_id, cohort_start, members
from returned
where members > 0
