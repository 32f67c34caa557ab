-- Grain: one row per business date, currency and scope, from the scope's first order to the last date that is known.
-- Gross at the payment date, refunds at their own; sums never mix currencies.
with currencies as (
    select distinct scope_type, scope_id, currency from {{ ref('int_commerce__scoped_orders') }}
    union
    select distinct scope_type, scope_id, currency from {{ ref('int_commerce__scoped_refunds') }}
),

spine as (
    select scope_dates.scope_type, scope_dates.scope_id, currencies.currency, dates.business_date
    from {{ ref('int_status__scope_dates') }} as scope_dates
    inner join currencies on scope_dates.scope_type = currencies.scope_type and scope_dates.scope_id = currencies.scope_id
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between scope_dates.first_date and scope_dates.last_date
    where scope_dates.domain = 'commerce'
),

-- A day on which no source of refunds is known to be complete has unknown refunds, not none.
refunds_known as (
    select scope_type, scope_id, observed_until
    from {{ ref('int_status__observed') }}
    where domain = 'refunds'
),

refunded as (
    select
        scope_type,
        scope_id,
        currency,
        refund_date as business_date,
        sum(amount) as refund_amount,
        count(distinct platform || ':' || account_id || ':' || order_id) as refunded_orders
    from {{ ref('int_commerce__scoped_refunds') }}
    group by scope_type, scope_id, currency, refund_date
),

joined as (
    select
        spine.business_date,
        spine.currency,
        spine.scope_type,
        spine.scope_id,
        coalesce(paid.paying_members, 0) as paying_members,
        coalesce(paid.orders, 0) as orders,
        coalesce(paid.gross_amount, 0) as gross_amount,
        case when spine.business_date <= refunds_known.observed_until then coalesce(refunded.refund_amount, 0) end as refund_amount,
        case when spine.business_date <= refunds_known.observed_until then coalesce(refunded.refunded_orders, 0) end as refunded_orders,
        coalesce(paid.first_order_members, 0) as first_order_members,
        activity.dau as active_members,
        case when activity.dau is not null then coalesce(paid.paying_active_members, 0) end as paying_active_members,
        membership.present_members,
        case when membership.present_members is not null then coalesce(paid.paying_present_members, 0) end as paying_present_members
    from spine
    left join {{ ref('int_commerce__paying_days') }} as paid using (scope_type, scope_id, currency, business_date)
    left join refunded using (scope_type, scope_id, currency, business_date)
    left join {{ ref('mart_activity_daily') }} as activity using (scope_type, scope_id, business_date)
    left join {{ ref('int_membership__daily') }} as membership using (scope_type, scope_id, business_date)
    left join refunds_known
        on
            {{ observed_scope_type('spine.scope_type') }} = refunds_known.scope_type
            and {{ observed_scope_id('spine.scope_type', 'spine.scope_id') }} = refunds_known.scope_id
)

select
    business_date,
    currency,
    scope_type,
    scope_id,
    {{ count_measure('paying_members') }} as paying_members,
    {{ count_measure('orders') }} as orders,
    {{ money('gross_amount') }} as gross_amount,
    {{ money('refund_amount') }} as refund_amount,
    {{ money('gross_amount - refund_amount') }} as net_amount,
    {{ count_measure('refunded_orders') }} as refunded_orders,
    {{ money(ratio('gross_amount', 'orders')) }} as aov,
    {{ money(ratio('gross_amount - refund_amount', 'paying_members')) }} as arpu,
    {{ count_measure('first_order_members') }} as first_order_members,
    {{ count_measure('paying_members - first_order_members') }} as repeat_order_members,
    {{ count_measure('paying_active_members') }} as paying_active_members,
    {{ count_measure('active_members') }} as active_members,
    {{ ratio('paying_active_members', 'active_members') }} as conversion_rate_active,
    {{ count_measure('paying_present_members') }} as paying_present_members,
    {{ count_measure('present_members') }} as present_members,
    {{ ratio('paying_present_members', 'present_members') }} as conversion_rate_members
from joined
