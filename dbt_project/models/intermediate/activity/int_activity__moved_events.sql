{{ config(materialized='incremental', incremental_strategy='replace_changed', touches='moved_event_touches') }}
-- Grain: one row per event and business date that it has left because a newer version lies on another date.
-- With it the winning version can be chosen inside one date, so that a build reads only the dates it rebuilds.
with ranked as (
    select
        versions.*,
        {{ version_rank('platform, account_id, event_id') }} as version_rank
    from {{ ref('stg_events__candidate_events') }} as versions
    where key_hash in (select key_hash from {{ ref('int_activity__move_candidates') }})
),

winners as (
    select platform, account_id, event_id, business_date
    from ranked
    where version_rank = 1
)

select distinct
    ranked.platform,
    ranked.account_id,
    ranked.event_id,
    ranked.business_date,
    winners.business_date as moved_to,
    ranked.key_hash
from ranked
inner join winners
    on ranked.platform = winners.platform and ranked.account_id = winners.account_id and ranked.event_id = winners.event_id
where ranked.business_date <> winners.business_date
{% if is_incremental() %}

    union all

    -- What no new file and no touched date concerns.
    select platform, account_id, event_id, business_date, moved_to, key_hash
    from {{ this }}
    where
        key_hash not in (select key_hash from {{ ref('int_activity__move_candidates') }})
        and business_date not in ({{ touched_event_dates() }})
        and moved_to not in ({{ touched_event_dates() }})
{% endif %}
