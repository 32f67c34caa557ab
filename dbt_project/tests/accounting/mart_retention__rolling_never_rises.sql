-- Who returned in period n + 1 or later has returned in n or later. The period before is joined, as where `within` is asked.
select
    later.definition, later.period_grain, later.cohort_start, later.period_index, later.scope_type, later.scope_id,
    later.retained_members_rolling as rolling, before.retained_members_rolling as rolling_before
from {{ ref('mart_retention') }} as later
inner join {{ ref('mart_retention') }} as before
    on
        later.definition = before.definition
        and later.period_grain = before.period_grain
        and later.cohort_start = before.cohort_start
        and later.scope_type = before.scope_type
        and later.scope_id = before.scope_id
        and later.period_index = before.period_index + 1
where later.retained_members_rolling > before.retained_members_rolling
