-- Grain: one row per definition, period grain, scope and rebuilt cohort.
-- The size of a cohort and what is known of it, taken once for all its cells. Who joined before the first complete list and left
-- again before it was never seen: such a cohort holds survivors only, its size is no denominator.
with sizes as (
    select definition, period_grain, scope_type, scope_id, cohort_start, members as cohort_members
    from {{ ref('int_retention__kept_changes') }}
    where
        period_index = 0
        and (definition, period_grain, cohort_start) in (
            select definition, period_grain, cohort_start from {{ ref('int_retention__rebuilt_cohorts') }}
        )
    union all
    select definition, period_grain, scope_type, scope_id, cohort_start, {{ count_measure('count(*)') }} as cohort_members
    from {{ ref('int_retention__cohort_members') }}
    group by definition, period_grain, scope_type, scope_id, cohort_start
),

cohorts as (
    select
        sizes.*,
        known.entry_domain,
        known.horizon,
        known.is_masked and not known.is_kept_by_member as has_block_returns,
        known.returns_observed_from,
        known.observed_until
    from sizes
    inner join {{ ref('int_retention__known') }} as known
        on
            sizes.definition = known.definition
            and sizes.period_grain = known.period_grain
            and {{ observed_scope_type('sizes.scope_type') }} = known.observed_scope_type
            and {{ observed_scope_id('sizes.scope_type', 'sizes.scope_id') }} = known.observed_scope_id
    where sizes.cohort_start <= known.observed_until
),

unlisted as (
    select scope_type, scope_id, business_date
    from {{ ref('int_membership__daily') }}
    where members_at_end is null
),

-- The cohorts of which some day is not listed.
unlisted_cohorts as (
    select distinct cohorts.definition, cohorts.period_grain, cohorts.scope_type, cohorts.scope_id, cohorts.cohort_start
    from cohorts
    inner join unlisted
        on
            cohorts.entry_domain = 'membership'
            and cohorts.scope_type = unlisted.scope_type
            and cohorts.scope_id = unlisted.scope_id
            and unlisted.business_date between cohorts.cohort_start and {{ period_end('cohorts.cohort_start', 'cohorts.period_grain') }}
)

select
    cohorts.definition,
    cohorts.period_grain,
    cohorts.scope_type,
    cohorts.scope_id,
    cohorts.cohort_start,
    cohorts.horizon,
    cohorts.has_block_returns,
    cohorts.returns_observed_from,
    cohorts.observed_until,
    cohorts.cohort_members,
    unlisted_cohorts.definition is null as is_listed
from cohorts
left join unlisted_cohorts
    on
        cohorts.definition = unlisted_cohorts.definition
        and cohorts.period_grain = unlisted_cohorts.period_grain
        and cohorts.scope_type = unlisted_cohorts.scope_type
        and cohorts.scope_id = unlisted_cohorts.scope_id
        and cohorts.cohort_start = unlisted_cohorts.cohort_start
