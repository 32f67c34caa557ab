{{ config(materialized='view') }}
-- Grain: one row per movement of money (a payment, a refund), dimension, value of its order and scope.
-- A refund names no line: of an order with several categories it is not known what it paid back (`refund_amount` NULL), of an order
-- with one it is. A refund of which the order has not landed is of value `unknown`.
with dimensions (dimension) as (
    values ('price_band'), ('category')
),

flows as (
    select
        platform, account_id, order_id, member_key, currency, dimension, dimension_value,
        order_date as business_date, true as is_payment, gross_amount, cast(null as decimal(18, 2)) as refund_amount
    from {{ ref('int_commerce__order_values') }}

    union all

    select
        refunds.platform,
        refunds.account_id,
        refunds.order_id,
        refunds.member_key,
        refunds.currency,
        dimensions.dimension,
        coalesce(order_values.dimension_value, 'unknown') as dimension_value,
        refunds.refund_date as business_date,
        false as is_payment,
        cast(null as decimal(18, 2)) as gross_amount,
        case when coalesce(order_values.is_sole_value, true) then refunds.amount end as refund_amount
    from {{ ref('int_commerce__refunds') }} as refunds
    cross join dimensions
    left join {{ ref('int_commerce__order_values') }} as order_values
        on
            refunds.platform = order_values.platform
            and refunds.account_id = order_values.account_id
            and refunds.order_id = order_values.order_id
            and dimensions.dimension = order_values.dimension
)

select 'all' as scope_type, 'all' as scope_id, flows.*
from flows
union all
select 'platform' as scope_type, flows.platform as scope_id, flows.*
from flows
union all
select 'channel' as scope_type, channels.channel as scope_id, flows.*
from flows
inner join {{ ref('int_membership__channels') }} as channels on flows.member_key = channels.member_key
