-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
-- Grain: one row per declared funnel: its window, how many days an attempt can reach, and whether a community can hold it.
-- An order has no community: a funnel with one is not guessed for communities.
with units (window_unit, seconds) as (
    values ('second', 1), ('minute', 60), ('hour', 3600), ('day', 86400), ('week', 604800), ('month', 2592000)
),

counted as (
    select definition, count(distinct step_index) as steps
    from {{ ref('funnel_steps') }}
    group by definition
),

with_orders as (
    select definition from {{ ref('funnel_steps') }} where event = 'purchase'
    union
    select definition from {{ ref('funnel_exclusions') }} where event = 'purchase'
)

select
    definitions.definition,
    definitions.step_order,
    counted.steps,
    definitions.window_length * units.seconds as window_seconds,
    -- Begun days of the window; from the date of a start it touches one date more where clocks are put forward.
    {{ begun_days('definitions.window_length * units.seconds') }} as window_days,
    {{ begun_days('definitions.window_length * units.seconds') }} + 1 as reach_days,
    with_orders.definition is null as has_communities
from {{ ref('funnel_definitions') }} as definitions
inner join units on definitions.window_unit = units.window_unit
inner join counted on definitions.definition = counted.definition
left join with_orders on definitions.definition = with_orders.definition
