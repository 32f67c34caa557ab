{{ config(materialized='view') }}
-- Grain: one row per paid order and scope it lies in. An order carries no community, so there are no community rows.
-- Scopes are written out once, so that every figure of an order is computed inside one scope.
select 'all' as scope_type, 'all' as scope_id, member_key, platform, order_id, order_date, paid_at, gross_amount, currency
from {{ ref('int_commerce__orders') }}
union all
select 'platform' as scope_type, platform as scope_id, member_key, platform, order_id, order_date, paid_at, gross_amount, currency
from {{ ref('int_commerce__orders') }}
union all
select
    'channel' as scope_type,
    channels.channel as scope_id,
    orders.member_key,
    orders.platform,
    orders.order_id,
    orders.order_date,
    orders.paid_at,
    orders.gross_amount,
    orders.currency
from {{ ref('int_commerce__orders') }} as orders
inner join {{ ref('int_membership__channels') }} as channels on orders.member_key = channels.member_key
