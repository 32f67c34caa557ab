{{ config(materialized='view') }}
-- Grain: one row per scope and rebuilt business date with at least one message: how unevenly members speak.
-- Who sent the same number may stand in any order without changing a sum: ranks are told for all of them at once.
with speaking as (
    select
        scope_type,
        scope_id,
        business_date,
        messages,
        members,
        sum(members) over (partition by scope_type, scope_id, business_date order by messages) - members as quieter,
        sum(members) over (partition by scope_type, scope_id, business_date order by messages desc) - members as louder
    from {{ ref('int_activity__message_counts') }}
    where messages > 0
),

ranked as (
    select
        *,
        greatest(least(members, 10 - louder), 0) as members_in_top10,
        members * quieter + {{ exact_quotient('members * (members + 1)', 2) }} as ranks_from_bottom
    from speaking
)

select
    scope_type,
    scope_id,
    business_date,
    {{ count_measure('sum(members)') }} as speakers,
    {{ count_measure('sum(members * messages)') }} as messages,
    {{ count_measure('sum(members_in_top10 * messages)') }} as top10_messages,
    -- Gini over speakers: (2 * sum of rank * count) / (n * total) - (n + 1) / n, ranks from the quietest.
    2 * {{ ratio('sum(ranks_from_bottom * messages)', 'sum(members) * sum(members * messages)') }}
    - {{ ratio('sum(members) + 1', 'sum(members)') }} as message_gini
from ranked
group by scope_type, scope_id, business_date
