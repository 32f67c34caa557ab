-- Grain: one row per paid order, dimension (price band, category) and value that the order has in it.
-- An order has one price band, that of its paid amount, and every category of its lines with the lines' amounts. What no line accounts
-- for (orders that nobody itemised, freight, a discount of the whole order) is of category `unknown`, so that values add up to the order.
with lines as (
    select
        orders.platform,
        orders.account_id,
        orders.order_id,
        coalesce(items.category, 'unknown') as dimension_value,
        coalesce(items.amount, 0) as amount
    from {{ ref('int_commerce__orders') }} as orders
    inner join {{ ref('int_commerce__order_items') }} as items
        on orders.platform = items.platform and orders.account_id = items.account_id and orders.order_id = items.order_id
),

itemised as (
    select platform, account_id, order_id, sum(amount) as amount
    from lines
    group by platform, account_id, order_id
),

categorised as (
    select platform, account_id, order_id, dimension_value, amount
    from lines

    union all

    select orders.platform, orders.account_id, orders.order_id, 'unknown' as dimension_value, orders.gross_amount - coalesce(itemised.amount, 0) as amount
    from {{ ref('int_commerce__orders') }} as orders
    left join itemised
        on orders.platform = itemised.platform and orders.account_id = itemised.account_id and orders.order_id = itemised.order_id
    where itemised.order_id is null or orders.gross_amount <> itemised.amount
),

valued as (
    select
        orders.platform,
        orders.account_id,
        orders.order_id,
        'price_band' as dimension,
        coalesce(bands.price_band, 'unknown') as dimension_value,
        orders.gross_amount
    from {{ ref('int_commerce__orders') }} as orders
    left join {{ ref('price_bands') }} as bands
        on
            orders.currency = bands.currency
            and orders.gross_amount >= bands.from_amount
            and orders.gross_amount < coalesce(bands.below_amount, 9999999999999999)

    union all

    select platform, account_id, order_id, 'category' as dimension, dimension_value, sum(amount) as gross_amount
    from categorised
    group by platform, account_id, order_id, dimension_value
)

select
    valued.platform,
    valued.account_id,
    valued.order_id,
    valued.dimension,
    valued.dimension_value,
    orders.member_key,
    orders.order_date,
    orders.currency,
    {{ money('valued.gross_amount') }} as gross_amount,
    count(*) over (partition by valued.platform, valued.account_id, valued.order_id, valued.dimension) = 1 as is_sole_value
from valued
inner join {{ ref('int_commerce__orders') }} as orders
    on valued.platform = orders.platform and valued.account_id = orders.account_id and valued.order_id = orders.order_id
