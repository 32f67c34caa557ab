-- Grain: one row per scope and member with a paid order: the first order date and the first later date with another order.
-- Repurchase is a later date: a second order of the same day is the same shopping.
with first_dates as (
    select scope_type, scope_id, member_key, min(order_date) as first_order_date
    from {{ ref('int_commerce__scoped_orders') }}
    group by scope_type, scope_id, member_key
)

select
    first_dates.scope_type,
    first_dates.scope_id,
    first_dates.member_key,
    first_dates.first_order_date,
    min(orders.order_date) as second_order_date
from first_dates
left join {{ ref('int_commerce__scoped_orders') }} as orders
    on
        first_dates.scope_type = orders.scope_type
        and first_dates.scope_id = orders.scope_id
        and first_dates.member_key = orders.member_key
        and first_dates.first_order_date < orders.order_date
group by first_dates.scope_type, first_dates.scope_id, first_dates.member_key, first_dates.first_order_date
