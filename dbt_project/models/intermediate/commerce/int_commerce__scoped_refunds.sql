{{ config(materialized='view') }}
-- Grain: one row per successful refund and scope it lies in.
-- A refund follows its order into the scopes, but stays on its own date.
select 'all' as scope_type, 'all' as scope_id, platform, account_id, order_id, refund_date, amount, currency
from {{ ref('int_commerce__refunds') }}
union all
select 'platform' as scope_type, platform as scope_id, platform, account_id, order_id, refund_date, amount, currency
from {{ ref('int_commerce__refunds') }}
union all
select
    'channel' as scope_type,
    channels.channel as scope_id,
    refunds.platform,
    refunds.account_id,
    refunds.order_id,
    refunds.refund_date,
    refunds.amount,
    refunds.currency
from {{ ref('int_commerce__refunds') }} as refunds
inner join {{ ref('int_membership__channels') }} as channels on refunds.member_key = channels.member_key
