{#- Days of a block of days, weeks of a block of weeks; a month is its block. -#}
{%- set places = {'day': 31, 'week': 4, 'month': 1} -%}
{%- set cohort = ['definition', 'period_grain', 'scope_type', 'scope_id', 'cohort_start'] | join(', ') -%}
-- Grain: one row per definition that is not kept by member, period grain, scope, rebuilt cohort and period index: what changes with it.
-- `bounded`: who returned in the period, less who returned in the one before. `within_periods`: who returned for the first time.
-- `ended`: who returned for the last time in the period before. The running sums of them are the cells.
-- noqa: disable=LT02
with {% for grain, count in places.items() -%}
{{ grain }}_columns as (
    select
        {{ cohort }},
        block_start
        {%- for place in range(count) %},
        {{ count_bit('returned_periods', place) if grain != 'month' else count_measure('count(*)') }} as returned_{{ place }}
        {%- endfor %}
    from {{ ref('int_retention__block_returns') }}
    where period_grain = '{{ grain }}'
    group by {{ cohort }}, block_start
),

{{ grain }}_returns as (
    select
        {{ cohort }},
        {{ period_of_bit('block_start', "'" ~ grain ~ "'", 'places.place') }} as period_start,
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
),

{% endfor -%}
returned as (
    {% for grain in places -%}
    select {{ cohort }}, {{ periods_between('period_start', 'cohort_start', 'period_grain') }} as period_index, members
    from {{ grain }}_returns
    where members > 0
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

masked_members as (
    select
        {{ cohort }},
        member_key,
        min({{ period_of_bit('block_start', 'period_grain', highest_bit('returned_periods')) }}) as first_period,
        max({{ period_of_bit('block_start', 'period_grain', lowest_bit('returned_periods')) }}) as last_period
    from {{ ref('int_retention__block_returns') }}
    group by {{ cohort }}, member_key
),

members as (
    select
        {{ cohort }},
        {{ periods_between('first_period', 'cohort_start', 'period_grain') }} as first_index,
        {{ periods_between('last_period', 'cohort_start', 'period_grain') }} as last_index
    from masked_members
    union all
    select {{ cohort }}, min(first_index) as first_index, max(last_index) as last_index
    from {{ ref('int_retention__returns') }}
    group by {{ cohort }}, member_key
),

changes as (
    select {{ cohort }}, period_index, members as bounded, 0 as within_periods, 0 as ended
    from returned
    union all
    select {{ cohort }}, period_index + 1 as period_index, -members as bounded, 0 as within_periods, 0 as ended
    from returned
    union all
    -- A run of returns begins with one change and ends with another.
    select {{ cohort }}, first_index as period_index, 1 as bounded, 0 as within_periods, 0 as ended
    from {{ ref('int_retention__returns') }}
    union all
    select {{ cohort }}, last_index + 1 as period_index, -1 as bounded, 0 as within_periods, 0 as ended
    from {{ ref('int_retention__returns') }}
    union all
    select {{ cohort }}, first_index as period_index, 0 as bounded, 1 as within_periods, 0 as ended
    from members
    union all
    select {{ cohort }}, last_index + 1 as period_index, 0 as bounded, 0 as within_periods, 1 as ended
    from members
)

select
    {{ cohort }},
    period_index,
    {{ count_measure('sum(bounded)') }} as bounded,
    {{ count_measure('sum(within_periods)') }} as within_periods,
    {{ count_measure('sum(ended)') }} as ended
from changes
group by {{ cohort }}, period_index
