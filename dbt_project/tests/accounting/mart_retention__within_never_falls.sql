-- Who returned within n periods has returned within n + 1. The period before is joined, which costs half of sorting every cohort; that
-- there is one for each is a check of its own.
select
    later.definition, later.period_grain, later.cohort_start, later.period_index, later.scope_type, later.scope_id,
    later.retained_members_within as within_period, before.retained_members_within as within_before
from {{ ref('mart_retention') }} as later
inner join {{ ref('mart_retention') }} as before
    on
        later.definition = before.definition
        and later.period_grain = before.period_grain
        and later.cohort_start = before.cohort_start
        and later.scope_type = before.scope_type
        and later.scope_id = before.scope_id
        and later.period_index = before.period_index + 1
where later.retained_members_within < before.retained_members_within
