-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
-- Grain: one row per start of an unordered funnel: any instant with an event of any of its steps.
-- The n-th step is done as soon as n steps can be told apart in the events since the start, each event used once. Each group of
-- steps says when it has the events that it needs for that, and the last of the groups decides.
-- noqa: disable=LT02
with step_events as (
    select classes.*, entrants.definition
    from {{ ref('int_funnels__classes') }} as classes
    inner join {{ ref('int_funnels__entrants') }} as entrants on classes.entrant = entrants.entrant
    where entrants.step_order = 'unordered' and classes.steps like '%1%'
),

starts as (
    select distinct definition, entrant, occurred_at, business_date from step_events
),

-- Per instant and group how many events there are, also when there are none. More than there are steps make no difference.
counted as (
    select
        starts.definition,
        starts.entrant,
        starts.occurred_at,
        groups.step_group,
        least(coalesce(sum(case
            when {% for number in numbers -%}
                {{ ' or ' if not loop.first }}({{ text_part('events.steps', number) }} = '1' and {{ text_part('groups.step_group', number) }} = '1')
            {%- endfor %} then events.occurrences
        end), 0), {{ numbers | length }}) as occurrences
    from starts
    inner join (select distinct definition, step_group from {{ ref('int_funnels__step_groups') }}) as groups using (definition)
    inner join step_events as events using (definition, entrant, occurred_at)
    group by starts.definition, starts.entrant, starts.occurred_at, groups.step_group
),

running as (
    select
        *,
        coalesce(sum(occurrences) over (
            partition by entrant, step_group order by occurred_at rows between unbounded preceding and 1 preceding
        ), 0) as occurrences_before
    from counted
),

-- The events of a group in their order, as numbers.
numbered as (
    select running.entrant, running.step_group, running.occurred_at, running.occurrences_before + numbers.number as number
    from running
    inner join (
        {%- for number in numbers %}
        select {{ number }} as number{{ ' union all' if not loop.last }}
        {%- endfor %}
    ) as numbers on running.occurrences >= numbers.number
),

done as (
    select
        running.entrant,
        running.occurred_at as started_at,
        needs.component,
        needs.nth,
        max(numbered.occurred_at) as done_at
    from running
    inner join {{ ref('int_funnels__step_groups') }} as needs
        on running.definition = needs.definition and running.step_group = needs.step_group
    left join numbered
        on
            running.entrant = numbered.entrant
            and running.step_group = numbered.step_group
            and running.occurrences_before + needs.needed = numbered.number
    group by running.entrant, running.occurred_at, needs.component, needs.nth
    having count(*) = count(numbered.occurred_at)
),

ranked as (
    select
        done.*,
        starts.business_date as entry_date,
        {{ add_seconds('done.started_at', 'entrants.window_seconds') }} as window_ends_at,
        row_number() over (partition by done.entrant, done.started_at order by done.done_at, done.component, done.nth) as step_index
    from done
    inner join starts on done.entrant = starts.entrant and done.started_at = starts.occurred_at
    inner join {{ ref('int_funnels__entrants') }} as entrants
        on done.entrant = entrants.entrant and starts.business_date between entrants.first_date and entrants.last_date
    where done.done_at <= {{ add_seconds('done.started_at', 'entrants.window_seconds') }}
)

select
    entrant,
    entry_date,
    started_at,
    window_ends_at,
    cast(count(*) as integer) as reached_steps
    {%- for number in numbers %},
    max(case when step_index = {{ number }} then done_at end) as step_{{ number }}_at
    {%- endfor %}
from ranked
group by entrant, entry_date, started_at, window_ends_at
