{% set first_date = first_reached_date('int_funnels__entrants') -%}
-- Grain: one row per entrant and instant, and per set of steps and exclusions met, on the dates that the entrant's attempts reach.
-- Events of one class are alike: only how many there are matters. A step at community scope is one in that community.
with met as (
    select entrants.entrant, events.business_date, events.occurred_at, events.steps, events.exclusions
    from {{ ref('int_funnels__events') }} as events
    inner join {{ ref('int_funnels__entrants') }} as entrants
        on
            events.definition = entrants.definition
            and events.member_key = entrants.member_key
            and events.business_date between entrants.first_date and entrants.reached_date
            and events.business_date >= {{ first_date }}
            and case entrants.scope_type
                when 'all' then 'all' when 'platform' then events.platform else events.community_key
            end = entrants.scope_id
    where events.actor_type = 'member'
    union all
    select entrants.entrant, records.business_date, records.occurred_at, records.steps, records.exclusions
    from {{ ref('int_funnels__records') }} as records
    inner join {{ ref('int_funnels__entrants') }} as entrants
        on
            records.definition = entrants.definition
            and records.member_key = entrants.member_key
            and records.scope_type = entrants.scope_type
            and records.scope_id = entrants.scope_id
            and records.business_date between entrants.first_date and entrants.reached_date
            and records.business_date >= {{ first_date }}
)

select
    entrant,
    business_date,
    occurred_at,
    steps,
    exclusions,
    {{ count_measure('count(*)') }} as occurrences
from met
group by entrant, business_date, occurred_at, steps, exclusions
