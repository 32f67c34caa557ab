{{ config(materialized='view') }}
-- depends_on: {{ ref('int_activity__rebuilt_dates') }}
-- Grain: one row per scope and rebuilt business date with at least one message: how unevenly members speak.
-- Equal counts may be ranked in any order without changing a sum, so the numbers do not depend on row order.
with per_member as (
    select scope_type, scope_id, business_date, member_key, sum(messages) as messages
    from {{ ref('int_activity__member_day_scopes') }}
    where {{ is_rebuilt_date('business_date') }}
    group by scope_type, scope_id, business_date, member_key
    having sum(messages) > 0
),

ranked as (
    select
        *,
        row_number() over (partition by scope_type, scope_id, business_date order by messages desc, member_key) as rank_from_top,
        row_number() over (partition by scope_type, scope_id, business_date order by messages, member_key) as rank_from_bottom
    from per_member
)

select
    scope_type,
    scope_id,
    business_date,
    {{ count_measure('count(*)') }} as speakers,
    {{ count_measure('sum(messages)') }} as messages,
    {{ count_measure('sum(case when rank_from_top <= 10 then messages else 0 end)') }} as top10_messages,
    -- Gini over speakers: (2 * sum of rank * count) / (n * total) - (n + 1) / n, ranks from the quietest.
    2 * {{ ratio('sum(rank_from_bottom * messages)', 'count(*) * sum(messages)') }} - {{ ratio('count(*) + 1', 'count(*)') }} as message_gini
from ranked
group by scope_type, scope_id, business_date
