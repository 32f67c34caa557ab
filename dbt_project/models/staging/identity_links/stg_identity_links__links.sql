-- Grain: one row per native id and person, the newest word on whether they belong together.
-- An unlink takes the link back; both directions are evidence that somebody stated.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        member_id,
        person_id,
        evidence,
        coalesce(status, 'linked') as status,
        {{ instant('updated_at') }} as updated_at,
        coalesce(is_deleted, 'false') = 'true' as is_deleted,
        cast(_period_date as date) as business_date,
        {{ version_columns() }}
    from {{ lake('identity_links', 'identity_links') }}
),

ranked as (
    select
        *,
        {{ version_rank('platform, account_id, member_id, person_id') }} as version_rank,
        min(row_hash) over (partition by platform, account_id, member_id, person_id)
        <> max(row_hash) over (partition by platform, account_id, member_id, person_id) as is_restated
    from versions
)

select
    platform,
    account_id,
    member_id,
    person_id,
    evidence,
    status,
    business_date,
    is_restated
from ranked
where version_rank = 1 and not is_deleted
