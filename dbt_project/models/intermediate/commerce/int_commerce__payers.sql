-- Grain: one row per scope, business date and member who paid on it.
-- Whether the day was the member's first order date, and whether the member was active or present on it, said once for every breakdown.
with payers as (
    select distinct scope_type, scope_id, order_date as business_date, member_key
    from {{ ref('int_commerce__scoped_orders') }}
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
    payers.business_date,
    payers.member_key,
    first_orders.first_order_date = payers.business_date as is_first_order,
    active.member_key is not null as is_active,
    presence.member_key is not null as is_present
from payers
inner join {{ ref('int_commerce__first_orders') }} as first_orders
    on
        payers.scope_type = first_orders.scope_type
        and payers.scope_id = first_orders.scope_id
        and payers.member_key = first_orders.member_key
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
