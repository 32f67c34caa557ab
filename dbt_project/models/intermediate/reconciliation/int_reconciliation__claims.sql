-- Grain: one row per order and per refund in force of an account that bills tell of, and what becomes of it in our figures.
-- `counted`, or the reason why it is in a bill and not in ours: the first that holds, in the order of the models of commerce.
with accounts as (
    select distinct platform, account_id
    from {{ ref('int_reconciliation__statements') }}
),

orders as (
    select
        'orders' as stream,
        orders.platform,
        orders.account_id,
        orders.order_id as line_id,
        orders.business_date,
        orders.currency,
        orders.gross_amount as amount,
        actors.actor_type,
        coalesce(lower(orders.status), '') = 'paid' as is_successful,
        coalesce(orders.platform = 'wechat_pay' and shop.order_id is not null, false) as is_of_shop
    from {{ ref('stg_orders__orders') }} as orders
    inner join accounts on orders.platform = accounts.platform and orders.account_id = accounts.account_id
    left join {{ ref('int_commerce__shop_payments') }} as shop on orders.transaction_id = shop.transaction_id
    left join {{ ref('int_identity__members') }} as identity on orders.member_id = identity.native_id
    left join {{ ref('int_identity__actors') }} as actors on coalesce(identity.member_key, orders.member_id) = actors.member_key
),

refunds as (
    select
        'refunds' as stream,
        refunds.platform,
        refunds.account_id,
        refunds.refund_id as line_id,
        refunds.business_date,
        refunds.currency,
        refunds.amount,
        orders.actor_type,
        -- A refund of an order that was never paid pays nothing back.
        coalesce(lower(refunds.status), '') = 'success' and coalesce(orders.is_successful, true) as is_successful,
        coalesce(refunds.platform = 'wechat_pay' and shop.order_id is not null or orders.is_of_shop, false) as is_of_shop
    from {{ ref('int_commerce__reported_refunds') }} as refunds
    inner join accounts on refunds.platform = accounts.platform and refunds.account_id = accounts.account_id
    left join {{ ref('int_commerce__shop_payments') }} as shop on refunds.transaction_id = shop.transaction_id
    left join orders
        on refunds.platform = orders.platform and refunds.account_id = orders.account_id and refunds.order_id = orders.line_id
),

claims as (
    select * from orders
    union all
    select * from refunds
)

select
    stream,
    platform,
    account_id,
    line_id,
    business_date,
    currency,
    amount,
    case
        when not is_successful then 'not_successful'
        when is_of_shop then 'duplicates'
        when actor_type is not null then actor_type
        else 'counted'
    end as becomes
from claims
