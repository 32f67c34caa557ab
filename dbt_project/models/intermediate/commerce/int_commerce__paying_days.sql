-- Grain: one row per scope, currency and business date with a paid order: who paid, and who of them was active or present.
-- Numerators of the day; the mart sets them beside their denominators.
with payers as (
    select
        orders.scope_type,
        orders.scope_id,
        orders.currency,
        orders.order_date as business_date,
        orders.member_key,
        count(*) as orders,
        sum(orders.gross_amount) as gross_amount,
        max(case when first_orders.first_order_date = orders.order_date then 1 else 0 end) as is_first
    from {{ ref('int_commerce__scoped_orders') }} as orders
    inner join {{ ref('int_commerce__first_orders') }} as first_orders
        on
            orders.scope_type = first_orders.scope_type
            and orders.scope_id = first_orders.scope_id
            and orders.member_key = first_orders.member_key
    group by orders.scope_type, orders.scope_id, orders.currency, orders.order_date, orders.member_key
),

-- Of who paid, not of everybody who was ever active.
active as (
    select distinct days.scope_type, days.scope_id, days.business_date, days.member_key
    from {{ ref('int_activity__member_day_scopes') }} as days
    inner join payers
        on
            days.scope_type = payers.scope_type
            and days.scope_id = payers.scope_id
            and days.business_date = payers.business_date
            and days.member_key = payers.member_key
)

select
    payers.scope_type,
    payers.scope_id,
    payers.currency,
    payers.business_date,
    count(*) as paying_members,
    sum(payers.orders) as orders,
    sum(payers.gross_amount) as gross_amount,
    sum(payers.is_first) as first_order_members,
    count(active.member_key) as paying_active_members,
    count(presence.member_key) as paying_present_members
from payers
left join active
    on
        payers.scope_type = active.scope_type
        and payers.scope_id = active.scope_id
        and payers.business_date = active.business_date
        and payers.member_key = active.member_key
left join {{ ref('int_membership__presence') }} as presence
    on
        payers.scope_type = presence.scope_type
        and payers.scope_id = presence.scope_id
        and payers.member_key = presence.member_key
        and payers.business_date >= presence.start_date
        and payers.business_date < coalesce(presence.count_until, date '9999-12-31')
group by payers.scope_type, payers.scope_id, payers.currency, payers.business_date
