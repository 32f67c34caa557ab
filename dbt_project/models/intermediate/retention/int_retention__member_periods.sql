-- Grain: one row per event name, period grain, scope, member and calendar period with at least one occurrence.
-- Only events that a definition names.
with named as (
    select entry_event as event_name from {{ ref('retention_definitions') }}
    union
    select return_event as event_name from {{ ref('retention_definitions') }}
)

select
    occurrences.event_name,
    grains.period_grain,
    occurrences.scope_type,
    occurrences.scope_id,
    occurrences.member_key,
    {{ period_start('occurrences.business_date', 'grains.period_grain') }} as period_start,
    {{ count_measure('sum(occurrences.occurrences)') }} as occurrences
from {{ ref('int_retention__occurrences') }} as occurrences
inner join named on occurrences.event_name = named.event_name
cross join {{ grains() }} as grains (period_grain)
group by
    occurrences.event_name,
    grains.period_grain,
    occurrences.scope_type,
    occurrences.scope_id,
    occurrences.member_key,
    {{ period_start('occurrences.business_date', 'grains.period_grain') }}
