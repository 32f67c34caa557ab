-- Grain: one row per kind of cohort, scope and calendar month in which its members joined or first ordered.
-- The size of a cohort and what is known of it. Who joined before the first complete list and left again before it was never seen:
-- such a cohort holds survivors only, its size is no denominator.
with cohorts as (
    select
        cohort_kind,
        scope_type,
        scope_id,
        cohort_start,
        min(entry_domain) as entry_domain,
        min(orders_observed_from) as orders_observed_from,
        min(observed_until) as observed_until,
        {{ count_measure('count(*)') }} as cohort_members
    from {{ ref('int_commerce__cohort_members') }}
    group by cohort_kind, scope_type, scope_id, cohort_start
),

unlisted as (
    select scope_type, scope_id, {{ month_start('business_date') }} as month_start_date, count(*) as unlisted_days
    from {{ ref('int_membership__daily') }}
    where members_at_end is null
    group by scope_type, scope_id, {{ month_start('business_date') }}
),

-- A month of which a day has no complete refunds has unknown refunds, not none.
refunds_known as (
    select scope_type, scope_id, observed_until
    from {{ ref('int_status__observed') }}
    where domain = 'refunds'
)

select
    cohorts.cohort_kind,
    cohorts.scope_type,
    cohorts.scope_id,
    cohorts.cohort_start,
    cohorts.cohort_members,
    cohorts.orders_observed_from,
    cohorts.observed_until,
    refunds_known.observed_until as refunds_observed_until,
    unlisted.unlisted_days is null as is_listed
from cohorts
left join unlisted
    on
        cohorts.entry_domain = 'membership'
        and cohorts.scope_type = unlisted.scope_type
        and cohorts.scope_id = unlisted.scope_id
        and cohorts.cohort_start = unlisted.month_start_date
left join refunds_known
    on
        {{ observed_scope_type('cohorts.scope_type') }} = refunds_known.scope_type
        and {{ observed_scope_id('cohorts.scope_type', 'cohorts.scope_id') }} = refunds_known.scope_id
