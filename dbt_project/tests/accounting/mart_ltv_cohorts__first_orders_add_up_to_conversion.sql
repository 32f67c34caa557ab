-- Everybody who has paid is in one cohort of first orders: the cohorts' gross sales of a month add up to those of its days.
with cohorts as (
    select
        cohort_start + month_index * interval '1' month as month_start, currency, scope_type, scope_id, sum(gross_amount) as gross_amount
    from {{ ref('mart_ltv_cohorts') }}
    where cohort_kind = 'first_order'
    group by 1, 2, 3, 4
),

days as (
    select date_trunc('month', business_date) as month_start, currency, scope_type, scope_id, sum(gross_amount) as gross_amount
    from {{ ref('mart_conversion_daily') }}
    group by 1, 2, 3, 4
)

select month_start, currency, scope_type, scope_id, cohorts.gross_amount as gross_of_cohorts, days.gross_amount as gross_of_days
from cohorts
full outer join days using (month_start, currency, scope_type, scope_id)
where coalesce(cohorts.gross_amount, 0) <> coalesce(days.gross_amount, 0)
