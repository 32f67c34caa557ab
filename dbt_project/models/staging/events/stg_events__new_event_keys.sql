-- Grain: one row per version of an event in files that no release contains yet.
-- A narrow filter: only its keys can have moved since the last release.
select distinct
    _key_hash as key_hash,
    cast(_period_date as date) as business_date
from {{ lake('events', 'events', new_only=true) }}
where coalesce(event_id_is_derived, 'false') <> 'true'
