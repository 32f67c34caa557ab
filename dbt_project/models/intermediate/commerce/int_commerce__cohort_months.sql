-- Grain: one row per kind of cohort, scope, cohort, currency and calendar month in which the cohort's money moved.
-- The only step that looks at single orders for the lifetime value; what a cohort did not spend is filled in by the mart.
-- An order from before its member joined is no revenue since joining, nor is its refund taken off. A refund that is dated before its
-- order (restated orders leave such) is counted in the cohort's first month: it must not be lost from the sum.
select
    members.cohort_kind,
    members.scope_type,
    members.scope_id,
    members.cohort_start,
    flows.currency,
    greatest({{ month_start('flows.business_date') }}, members.cohort_start) as month_start_date,
    sum(flows.gross_amount) as gross_amount,
    sum(flows.refund_amount) as refund_amount
from {{ ref('int_commerce__cohort_members') }} as members
inner join {{ ref('int_commerce__money_flows') }} as flows
    on
        members.scope_type = flows.scope_type
        and members.scope_id = flows.scope_id
        and members.member_key = flows.member_key
        and members.since_date <= flows.order_date
        and members.observed_until >= flows.business_date
group by
    members.cohort_kind,
    members.scope_type,
    members.scope_id,
    members.cohort_start,
    flows.currency,
    greatest({{ month_start('flows.business_date') }}, members.cohort_start)
