-- Grain: one row per refund of a shop account.
-- Dated by its success, never by the order it belongs to.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        refund_id,
        order_id,
        {{ instant('refunded_at') }} as refunded_at,
        {{ money('amount') }} as amount,
        upper(currency) as currency,
        coalesce(status, 'success') as status,
        {{ instant('updated_at') }} as updated_at,
        coalesce(is_deleted, 'false') = 'true' as is_deleted,
        cast(_period_date as date) as business_date,
        {{ version_columns() }}
    from {{ lake('refunds', 'refunds') }}
),

ranked as (
    select
        *,
        {{ version_rank('platform, account_id, refund_id') }} as version_rank,
        min(row_hash) over (partition by platform, account_id, refund_id) <> max(row_hash) over (partition by platform, account_id, refund_id) as is_restated
    from versions
)

select
    platform,
    account_id,
    refund_id,
    order_id,
    refunded_at,
    amount,
    currency,
    status,
    business_date,
    is_restated
from ranked
where version_rank = 1 and not is_deleted
