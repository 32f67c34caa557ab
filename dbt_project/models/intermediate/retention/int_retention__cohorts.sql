-- Grain: one row per definition, period grain, scope and rebuilt cohort.
-- The size of a cohort and what is known of it, taken once for all its cells. Who joined before the first complete list and left
-- again before it was never seen: such a cohort holds survivors only, its size is no denominator.
with cohorts as (
    select
        definition,
        period_grain,
        scope_type,
        scope_id,
        cohort_start,
        min(entry_domain) as entry_domain,
        min(horizon) as horizon,
        min(case when is_masked then 1 else 0 end) = 1 as is_masked,
        min(returns_observed_from) as returns_observed_from,
        min(observed_until) as observed_until,
        {{ count_measure('count(*)') }} as cohort_members
    from {{ ref('int_retention__cohort_members') }}
    group by definition, period_grain, scope_type, scope_id, cohort_start
),

unlisted as (
    select scope_type, scope_id, business_date
    from {{ ref('int_membership__daily') }}
    where members_at_end is null
)

select
    cohorts.definition,
    cohorts.period_grain,
    cohorts.scope_type,
    cohorts.scope_id,
    cohorts.cohort_start,
    cohorts.horizon,
    cohorts.is_masked,
    cohorts.returns_observed_from,
    cohorts.observed_until,
    cohorts.cohort_members,
    count(unlisted.business_date) = 0 as is_listed
from cohorts
left join unlisted
    on
        cohorts.entry_domain = 'membership'
        and cohorts.scope_type = unlisted.scope_type
        and cohorts.scope_id = unlisted.scope_id
        and unlisted.business_date between cohorts.cohort_start and {{ period_end('cohorts.cohort_start', 'cohorts.period_grain') }}
group by
    cohorts.definition,
    cohorts.period_grain,
    cohorts.scope_type,
    cohorts.scope_id,
    cohorts.cohort_start,
    cohorts.horizon,
    cohorts.is_masked,
    cohorts.returns_observed_from,
    cohorts.observed_until,
    cohorts.cohort_members
