-- Grain: one row per cohort of first orders (day, week, month), horizon in days and scope.
-- Who ordered again on a later date within the horizon; the rate only of those whose horizon is over.
with horizons (horizon_days) as (
    values (7), (14), (30), (60), (90), (180), (365)
),

members as (
    select
        first_orders.scope_type,
        first_orders.scope_id,
        first_orders.first_order_date,
        first_orders.second_order_date,
        horizons.horizon_days,
        observed.observed_until,
        {{ add_days('first_orders.first_order_date', 'horizons.horizon_days') }} as due_date
    from {{ ref('int_commerce__first_orders') }} as first_orders
    inner join {{ ref('int_status__observed') }} as observed
        on
            observed.domain = 'commerce'
            and {{ observed_scope_type('first_orders.scope_type') }} = observed.scope_type
            and {{ observed_scope_id('first_orders.scope_type', 'first_orders.scope_id') }} = observed.scope_id
            and first_orders.first_order_date <= observed.observed_until
    cross join horizons
),

flagged as (
    select
        members.*,
        coalesce(second_order_date <= due_date, false) as is_repurchased,
        due_date <= observed_until as is_eligible
    from members
),

counted as (
    select
        grains.period_grain as cohort_grain,
        {{ period_start('flagged.first_order_date', 'grains.period_grain') }} as cohort_start,
        flagged.horizon_days,
        flagged.scope_type,
        flagged.scope_id,
        max(flagged.observed_until) as observed_until,
        {{ count_measure('count(*)') }} as first_order_members,
        {{ count_where('flagged.is_repurchased') }} as repurchased_members,
        {{ count_where('flagged.is_eligible') }} as eligible_members,
        {{ count_where('flagged.is_eligible and flagged.is_repurchased') }} as repurchased_eligible_members
    from flagged
    cross join {{ grains() }} as grains (period_grain)
    group by
        grains.period_grain,
        {{ period_start('flagged.first_order_date', 'grains.period_grain') }},
        flagged.horizon_days,
        flagged.scope_type,
        flagged.scope_id
)

select
    cohort_grain,
    cohort_start,
    {{ count_measure('horizon_days') }} as horizon_days,
    scope_type,
    scope_id,
    first_order_members,
    repurchased_members,
    eligible_members,
    repurchased_eligible_members,
    {{ ratio('repurchased_eligible_members', 'eligible_members') }} as repurchase_rate,
    {{ add_days(period_end('cohort_start', 'cohort_grain'), 'horizon_days') }} <= observed_until as is_mature
from counted
