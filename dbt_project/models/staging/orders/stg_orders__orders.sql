-- Grain: one row per order of a shop account.
-- Only what is paid counts; a later version may take the payment back.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        order_id,
        member_id,
        {{ instant('paid_at') }} as paid_at,
        {{ money('gross_amount') }} as gross_amount,
        upper(currency) as currency,
        coalesce(status, 'paid') as status,
        transaction_id,
        campaign_id,
        {{ instant('updated_at') }} as updated_at,
        coalesce(is_deleted, 'false') = 'true' as is_deleted,
        cast(_period_date as date) as business_date,
        {{ version_columns() }}
    from {{ lake('orders', 'orders') }}
),

ranked as (
    select
        *,
        {{ version_rank('platform, account_id, order_id') }} as version_rank,
        min(row_hash) over (partition by platform, account_id, order_id) <> max(row_hash) over (partition by platform, account_id, order_id) as is_restated
    from versions
)

select
    platform,
    account_id,
    order_id,
    member_id,
    paid_at,
    gross_amount,
    currency,
    status,
    transaction_id,
    campaign_id,
    business_date,
    is_restated
from ranked
where version_rank = 1 and not is_deleted
