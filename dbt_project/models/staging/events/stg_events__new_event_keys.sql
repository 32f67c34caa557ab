-- Grain: one row per version of an event with an id of its own, in files that no release contains yet.
-- A narrow filter: only its keys can have moved since the last release, unless a version was taken away.
select {{ event_key_hash() }} as key_hash
from {{ lake('events', 'events', new_only=true) }}
where coalesce(event_id_is_derived, 'false') <> 'true'
