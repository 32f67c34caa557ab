-- A longer horizon never holds fewer repurchasers or more eligible members, and the cohort is the same.
select *
from (
    select
        cohort_grain, cohort_start, horizon_days, scope_type, scope_id,
        repurchased_members - lag(repurchased_members) over horizons as repurchased_change,
        eligible_members - lag(eligible_members) over horizons as eligible_change,
        first_order_members - lag(first_order_members) over horizons as cohort_change
    from {{ ref('mart_repurchase') }}
    window horizons as (partition by cohort_grain, cohort_start, scope_type, scope_id order by horizon_days)
)
where repurchased_change < 0 or eligible_change > 0 or cohort_change <> 0
