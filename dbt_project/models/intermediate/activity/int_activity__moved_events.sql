{{ config(materialized='incremental', incremental_strategy='replace_changed', touches='moved_event_touches') }}
-- depends_on: {{ ref('stg_events__new_event_keys') }}
-- Grain: one row per event and business date that it has left because a newer version lies on another date.
-- With it the winning version can be chosen inside one date, so that a build reads only the dates it rebuilds.
with candidates as (
    {% if is_incremental() %}
        select landed.key_hash
        from {{ ref('stg_events__new_event_keys') }} as landed
        inner join {{ ref('stg_events__event_keys') }} as versions
            on landed.key_hash = versions.key_hash and landed.business_date <> versions.business_date

        union

        select key_hash from {{ this }}
    {% else %}
        select key_hash
        from {{ ref('stg_events__event_keys') }}
        group by key_hash
        having min(business_date) <> max(business_date)
    {% endif %}
),

ranked as (
    select
        versions.*,
        {{ version_rank('platform, account_id, event_id') }} as version_rank
    from {{ ref('stg_events__event_keys') }} as versions
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
