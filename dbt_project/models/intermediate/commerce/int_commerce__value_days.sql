-- Grain: one row per scope, currency, dimension, value and business date with a payment or a refund.
-- Numerators of the day; the mart sets them beside their denominators.
with paying as (
    select
        flows.scope_type,
        flows.scope_id,
        flows.currency,
        flows.dimension,
        flows.dimension_value,
        flows.business_date,
        flows.member_key,
        count(*) as orders,
        sum(flows.gross_amount) as gross_amount
    from {{ ref('int_commerce__value_flows') }} as flows
    where flows.is_payment
    group by
        flows.scope_type, flows.scope_id, flows.currency, flows.dimension, flows.dimension_value, flows.business_date, flows.member_key
),

paid as (
    select
        paying.scope_type,
        paying.scope_id,
        paying.currency,
        paying.dimension,
        paying.dimension_value,
        paying.business_date,
        count(*) as paying_members,
        sum(paying.orders) as orders,
        sum(paying.gross_amount) as gross_amount,
        {{ count_where('payers.is_first_order') }} as first_order_members,
        {{ count_where('payers.is_active') }} as paying_active_members,
        {{ count_where('payers.is_present') }} as paying_present_members
    from paying
    inner join {{ ref('int_commerce__payers') }} as payers
        on
            paying.scope_type = payers.scope_type
            and paying.scope_id = payers.scope_id
            and paying.business_date = payers.business_date
            and paying.member_key = payers.member_key
    group by
        paying.scope_type, paying.scope_id, paying.currency, paying.dimension, paying.dimension_value, paying.business_date
),

refunded as (
    select
        scope_type,
        scope_id,
        currency,
        dimension,
        dimension_value,
        business_date,
        sum(refund_amount) as refund_amount,
        count(refund_amount) = count(*) as is_refund_known,
        count(distinct platform || ':' || account_id || ':' || order_id) as refunded_orders
    from {{ ref('int_commerce__value_flows') }}
    where not is_payment
    group by scope_type, scope_id, currency, dimension, dimension_value, business_date
)

select
    scope_type,
    scope_id,
    currency,
    dimension,
    dimension_value,
    business_date,
    coalesce(paid.paying_members, 0) as paying_members,
    coalesce(paid.orders, 0) as orders,
    coalesce(paid.gross_amount, 0) as gross_amount,
    coalesce(paid.first_order_members, 0) as first_order_members,
    coalesce(paid.paying_active_members, 0) as paying_active_members,
    coalesce(paid.paying_present_members, 0) as paying_present_members,
    coalesce(refunded.refunded_orders, 0) as refunded_orders,
    case when coalesce(refunded.is_refund_known, true) then coalesce(refunded.refund_amount, 0) end as refund_amount
from paid
full outer join refunded using (scope_type, scope_id, currency, dimension, dimension_value, business_date)
