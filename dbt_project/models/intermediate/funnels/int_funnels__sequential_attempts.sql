-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
-- Grain: one row per start of an ordered or strict funnel; of a strict one, per number of steps that the start's instant may fill.
-- From a start the earliest event for each next step leads as far as any other choice: whatever a later one could still be
-- followed by, the earlier one can. A strict attempt goes from instant to instant, and each one between is used up whole:
-- of events of one instant the order is open, but one that is left over would stand between two steps.
-- noqa: disable=LT02
with hop_0 as (
    select
        moments.entrant,
        moments.business_date as entry_date,
        moments.occurred_at as started_at,
        entrants.step_order,
        {{ add_seconds('moments.occurred_at', 'entrants.window_seconds') }} as window_ends_at,
        moments.occurred_at as at_0,
        taken.step_index as reached_0,
        case
            when entrants.step_order = 'strict' then moments.next_at
            {%- for number in numbers[1:] %}
            when taken.step_index = {{ number - 1 }} then moments.next_{{ number }}_at
            {%- endfor %}
        end as next_0_at
    from {{ ref('int_funnels__moments') }} as moments
    inner join {{ ref('int_funnels__entrants') }} as entrants
        on moments.entrant = entrants.entrant and moments.business_date between entrants.first_date and entrants.last_date
    inner join (select distinct step_index from {{ ref('funnel_steps') }}) as taken
        on
            moments.advance_0 >= taken.step_index
            and case when entrants.step_order = 'strict' then 1 else moments.advance_0 end <= taken.step_index
    where entrants.step_order <> 'unordered'
)

{%- for hop in numbers[1:] %}
{%- set before = 'hop.reached_' ~ (hop - 2) -%}
{%- set advance = numbered('moments.advance_', before, numbers[:-1]) %},

hop_{{ hop - 1 }} as (
    select
        hop.*,
        moments.occurred_at as at_{{ hop - 1 }},
        coalesce({{ advance }}, {{ before }}) as reached_{{ hop - 1 }},
        case
            when hop.step_order = 'strict'
                then case when {{ advance }} - {{ before }} = moments.events then moments.next_at end
            {%- for number in numbers[1:] %}
            when {{ advance }} = {{ number - 1 }} then moments.next_{{ number }}_at
            {%- endfor %}
        end as next_{{ hop - 1 }}_at
    from hop_{{ hop - 2 }} as hop
    left join {{ ref('int_funnels__moments') }} as moments
        on
            hop.entrant = moments.entrant
            and hop.next_{{ hop - 2 }}_at = moments.occurred_at
            and hop.window_ends_at >= moments.occurred_at
)
{%- endfor %}

select
    entrant,
    entry_date,
    started_at,
    window_ends_at,
    reached_{{ numbers | length - 1 }} as reached_steps
    {%- for number in numbers %},
    case
        {%- for hop in numbers %}
        when reached_{{ hop - 1 }} >= {{ number }} then at_{{ hop - 1 }}
        {%- endfor %}
    end as step_{{ number }}_at
    {%- endfor %}
from hop_{{ numbers | length - 1 }}
