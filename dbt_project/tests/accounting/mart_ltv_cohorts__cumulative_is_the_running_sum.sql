-- What a cohort is worth by a month is the sum of its net sales from month 0 on; after an unknown month it is unknown.
select *
from (
    select
        cohort_kind, cohort_start, month_index, currency, scope_type, scope_id, net_amount, cumulative_net_amount,
        sum(net_amount) over months as net_so_far,
        count(net_amount) over months as known_months,
        count(*) over months as months_so_far
    from {{ ref('mart_ltv_cohorts') }}
    window months as (
        partition by cohort_kind, cohort_start, currency, scope_type, scope_id
        order by month_index rows between unbounded preceding and current row
    )
) as summed
where (cumulative_net_amount is null) <> (known_months < months_so_far) or cumulative_net_amount <> net_so_far
