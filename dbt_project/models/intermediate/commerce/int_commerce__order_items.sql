-- Grain: one row per line of an order, whichever source reports it.
-- The mapped file is believed before the shop's pages, order by order: two lists of one order's lines are not added up.
with reported as (
    select platform, account_id, order_id, line, category, amount, 1 as preference
    from {{ ref('stg_order_items__order_items') }}
    union all
    select platform, account_id, order_id, line, category, amount, 2 as preference
    from {{ ref('stg_orders__order_items') }}
),

ranked as (
    select *, min(preference) over (partition by platform, account_id, order_id) as best_preference
    from reported
)

select platform, account_id, order_id, line, category, amount
from ranked
where preference = best_preference
