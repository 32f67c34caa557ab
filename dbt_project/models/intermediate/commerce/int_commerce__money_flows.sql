{{ config(materialized='view') }}
-- Grain: one row per movement of money of a member's paid order (its payment, each refund of it) and scope.
-- A refund stands on its own date and in its own currency, but goes the way of its order: with the order it counts, without it does not.
-- A refund of which the order has not landed is nobody's.
with flows as (
    select platform, member_key, currency, order_date, order_date as business_date, gross_amount, {{ money('0') }} as refund_amount
    from {{ ref('int_commerce__orders') }}

    union all

    select
        refunds.platform,
        orders.member_key,
        refunds.currency,
        orders.order_date,
        refunds.refund_date as business_date,
        {{ money('0') }} as gross_amount,
        refunds.amount as refund_amount
    from {{ ref('int_commerce__refunds') }} as refunds
    inner join {{ ref('int_commerce__orders') }} as orders
        on refunds.platform = orders.platform and refunds.account_id = orders.account_id and refunds.order_id = orders.order_id
)

select 'all' as scope_type, 'all' as scope_id, member_key, currency, order_date, business_date, gross_amount, refund_amount
from flows
union all
select 'platform' as scope_type, platform as scope_id, member_key, currency, order_date, business_date, gross_amount, refund_amount
from flows
union all
select
    'channel' as scope_type,
    channels.channel as scope_id,
    flows.member_key,
    flows.currency,
    flows.order_date,
    flows.business_date,
    flows.gross_amount,
    flows.refund_amount
from flows
inner join {{ ref('int_membership__channels') }} as channels on flows.member_key = channels.member_key
