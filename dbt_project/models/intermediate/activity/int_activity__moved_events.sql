{{ config(materialized='incremental', incremental_strategy='replace_changed', touches='moved_event_touches') }}
-- Grain: one row per event and business date that it has left because a newer version lies on another date.
-- With it the winning version can be chosen inside one date, so that a build reads only the dates it rebuilds.
with versions as (
    select
        platform,
        coalesce(account_id, '') as account_id,
        event_id,
        cast(_period_date as date) as business_date,
        {{ instant('updated_at') }} as updated_at,
        _key_hash as key_hash,
        {{ version_columns() }}
    from {{ lake('events', 'events') }}
    -- A derived id is made of the content, time included: such an event cannot move.
    where coalesce(event_id_is_derived, 'false') <> 'true'
),

candidates as (
    {% if is_incremental() %}
    select newly_landed._key_hash as key_hash
    from {{ lake('events', 'events', new_only=true) }} as newly_landed
    inner join versions
        on newly_landed._key_hash = versions.key_hash and cast(newly_landed._period_date as date) <> versions.business_date
    where coalesce(newly_landed.event_id_is_derived, 'false') <> 'true'

    union

    select key_hash from {{ this }}
    {% else %}
    select key_hash
    from versions
    group by key_hash
    having min(business_date) <> max(business_date)
    {% endif %}
),

ranked as (
    select
        versions.*,
        {{ version_rank('platform, account_id, event_id') }} as version_rank
    from versions
    where key_hash in (select key_hash from candidates)
),

winners as (
    select platform, account_id, event_id, business_date
    from ranked
    where version_rank = 1
)

select distinct ranked.platform, ranked.account_id, ranked.event_id, ranked.business_date, ranked.key_hash
from ranked
inner join winners
    on ranked.platform = winners.platform and ranked.account_id = winners.account_id and ranked.event_id = winners.event_id
where ranked.business_date <> winners.business_date
