-- The values of a dimension add up to the day: gross sales of bands and of categories, orders and refunds of bands (an order of
-- several categories counts in each, and of its refunds the category is unknown).
with parts as (
    select
        business_date, currency, scope_type, scope_id, dimension,
        sum(gross_amount) as gross_amount, sum(orders) as orders, sum(refund_amount) as refund_amount
    from {{ ref('mart_conversion_breakdown_daily') }}
    group by business_date, currency, scope_type, scope_id, dimension
)

select
    parts.business_date, parts.currency, parts.scope_type, parts.scope_id, parts.dimension,
    parts.gross_amount as gross_of_values, whole.gross_amount, parts.orders as orders_of_values, whole.orders,
    parts.refund_amount as refunds_of_values, whole.refund_amount
from {{ ref('mart_conversion_daily') }} as whole
inner join parts
    on
        parts.business_date = whole.business_date
        and parts.currency = whole.currency
        and parts.scope_type = whole.scope_type
        and parts.scope_id = whole.scope_id
where
    parts.gross_amount <> whole.gross_amount
    or parts.orders < whole.orders
    or (
        parts.dimension = 'price_band'
        and (parts.orders <> whole.orders or coalesce(parts.refund_amount, -1) <> coalesce(whole.refund_amount, -1))
    )
