-- Grain: one row per definition, period grain, scope and cohort.
-- The size of a cohort and how far it is observed, taken once for all its cells.
select
    definition,
    period_grain,
    scope_type,
    scope_id,
    cohort_start,
    min(horizon) as horizon,
    min(observed_until) as observed_until,
    {{ count_measure('count(*)') }} as cohort_members
from {{ ref('int_retention__cohort_members') }}
group by definition, period_grain, scope_type, scope_id, cohort_start
