-- Grain: one row per kind of cohort, cohort (calendar month), calendar month since it, currency and scope, to the last month begun.
-- Month 0 is the month of the cohort, as period 0 is in retention. A month that is not over keeps its sums and has no value per member;
-- who never bought stays in the denominator.
with currencies as (
    select scope_type, scope_id, currency from {{ ref('int_commerce__scoped_orders') }}
    union
    -- Of a scope in which nobody ordered, refunds are nobody's.
    select scope_type, scope_id, currency
    from {{ ref('int_commerce__scoped_refunds') }}
    where (scope_type, scope_id) in (select scope_type, scope_id from {{ ref('int_commerce__scoped_orders') }})
),

months as (
    select business_date as month_start_date
    from {{ ref('int_calendar__dates') }}
    where extract(day from business_date) = 1
),

cells as (
    select
        cohorts.*,
        currencies.currency,
        months.month_start_date,
        least({{ period_end('months.month_start_date', "'month'") }}, cohorts.observed_until) as last_observed_date,
        {{ period_end('months.month_start_date', "'month'") }} as month_end_date,
        -- The month in which the first order was seen counts as known; an earlier one may have had orders that nobody has landed.
        {{ month_start('cohorts.orders_observed_from') }} <= months.month_start_date as has_known_orders,
        {{ month_start('cohorts.orders_observed_from') }} <= cohorts.cohort_start as is_known_from_start
    from {{ ref('int_commerce__cohorts') }} as cohorts
    inner join currencies on cohorts.scope_type = currencies.scope_type and cohorts.scope_id = currencies.scope_id
    inner join months on months.month_start_date between cohorts.cohort_start and cohorts.observed_until
),

valued as (
    select
        cells.*,
        case when cells.has_known_orders then coalesce(spent.gross_amount, 0) end as gross_amount,
        case
            when cells.has_known_orders and cells.last_observed_date <= cells.refunds_observed_until then coalesce(spent.refund_amount, 0)
        end as refund_amount,
        cells.is_listed
        and cells.is_known_from_start
        and coalesce(cells.month_end_date <= least(cells.observed_until, cells.refunds_observed_until), false)
        and cells.refunds_observed_until is not null as is_mature
    from cells
    left join {{ ref('int_commerce__cohort_months') }} as spent
        on
            cells.cohort_kind = spent.cohort_kind
            and cells.scope_type = spent.scope_type
            and cells.scope_id = spent.scope_id
            and cells.cohort_start = spent.cohort_start
            and cells.currency = spent.currency
            and cells.month_start_date = spent.month_start_date
),

cumulated as (
    select
        *,
        gross_amount - refund_amount as net_amount,
        -- Unknown from the first unknown month on: refunds are known up to a date, so that what is unknown is the end.
        case
            when is_known_from_start and gross_amount - refund_amount is not null
                then
                    sum(gross_amount - refund_amount) over (
                        partition by cohort_kind, scope_type, scope_id, cohort_start, currency
                        order by month_start_date
                        rows between unbounded preceding and current row
                    )
        end as cumulative_net_amount
    from valued
)

select
    cohort_kind,
    cohort_start,
    {{ count_measure(periods_between('month_start_date', 'cohort_start', "'month'")) }} as month_index,
    currency,
    scope_type,
    scope_id,
    cohort_members,
    case when is_mature then cohort_members else 0 end as eligible_members,
    {{ money('gross_amount') }} as gross_amount,
    {{ money('refund_amount') }} as refund_amount,
    {{ money('net_amount') }} as net_amount,
    {{ money('cumulative_net_amount') }} as cumulative_net_amount,
    {{ money('case when is_mature then cumulative_net_amount else 0 end') }} as cumulative_eligible_net_amount,
    case when is_mature then {{ money(ratio('cumulative_net_amount', 'cohort_members')) }} end as ltv,
    is_mature
from cumulated
