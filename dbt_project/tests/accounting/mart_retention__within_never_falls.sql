-- Who returned within n periods has returned within n + 1.
select *
from (
    select
        definition, period_grain, cohort_start, period_index, scope_type, scope_id, retained_members_within as within_period,
        lag(retained_members_within) over (
            partition by definition, period_grain, cohort_start, scope_type, scope_id order by period_index
        ) as within_before
    from {{ ref('mart_retention') }}
)
where within_period < within_before
