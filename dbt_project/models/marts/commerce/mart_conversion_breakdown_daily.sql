-- Grain: one row per business date, currency, dimension, value and scope, on every known day of the scope for every value it has seen.
-- The conversion of `mart_conversion_daily` by price band and by category, each computed in its scope: values of a distinct count do
-- not add up to the day.
with spine as (
    select
        scope_dates.scope_type,
        scope_dates.scope_id,
        seen.currency,
        seen.dimension,
        seen.dimension_value,
        dates.business_date
    from {{ ref('int_status__scope_dates') }} as scope_dates
    inner join (
        select distinct scope_type, scope_id, currency, dimension, dimension_value from {{ ref('int_commerce__value_days') }}
    ) as seen on scope_dates.scope_type = seen.scope_type and scope_dates.scope_id = seen.scope_id
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between scope_dates.first_date and scope_dates.last_date
    where scope_dates.domain = 'commerce'
),

joined as (
    select
        spine.*,
        coalesce(days.paying_members, 0) as paying_members,
        coalesce(days.orders, 0) as orders,
        coalesce(days.gross_amount, 0) as gross_amount,
        -- Refunds of a day that is known to have had none are 0, those of several categories (NULL already) stay unknown.
        case
            when conversion.refund_amount is null then null
            when days.business_date is null then 0
            else days.refund_amount
        end as refund_amount,
        case when conversion.refund_amount is not null then coalesce(days.refunded_orders, 0) end as refunded_orders,
        coalesce(days.first_order_members, 0) as first_order_members,
        conversion.active_members,
        case when conversion.active_members is not null then coalesce(days.paying_active_members, 0) end as paying_active_members,
        conversion.present_members,
        case when conversion.present_members is not null then coalesce(days.paying_present_members, 0) end as paying_present_members
    from spine
    inner join {{ ref('mart_conversion_daily') }} as conversion using (scope_type, scope_id, currency, business_date)
    left join {{ ref('int_commerce__value_days') }} as days using (scope_type, scope_id, currency, dimension, dimension_value, business_date)
)

select
    business_date,
    currency,
    dimension,
    dimension_value,
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
