-- Who returned in a period also returned in it or later and by it, and all are of the cohort.
select
    definition, period_grain, cohort_start, period_index, scope_type, scope_id,
    cohort_members as cohort, retained_members as retained, retained_members_rolling as rolling, retained_members_within as within_period
from {{ ref('mart_retention') }}
where
    period_index > 0
    and (
        retained_members > retained_members_rolling
        or retained_members > retained_members_within
        or retained_members_rolling > cohort_members
        or retained_members_within > cohort_members
    )
