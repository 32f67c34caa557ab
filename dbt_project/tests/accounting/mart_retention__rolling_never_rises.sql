-- Who returned in period n + 1 or later has returned in n or later.
select *
from (
    select
        definition, period_grain, cohort_start, period_index, scope_type, scope_id, retained_members_rolling as rolling,
        lag(retained_members_rolling) over (
            partition by definition, period_grain, cohort_start, scope_type, scope_id order by period_index
        ) as rolling_before
    from {{ ref('mart_retention') }}
)
where rolling > rolling_before
