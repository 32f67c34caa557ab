-- Grain: one row per delivered version of an event with an id of its own, on touched dates (all in a full refresh).
-- A derived id is made of the content, time included: such an event cannot move and is not here.
select
    {{ event_key_hash() }} as key_hash,
    cast(_period_date as date) as business_date
from {{ lake('events', 'events', touched='events') }}
where coalesce(event_id_is_derived, 'false') <> 'true'
