-- depends_on: {{ ref('stg_events__new_event_keys') }}
-- Grain: one row per key hash and date on which an event lies that may lie on another date as well.
-- Incrementally, only keys of new files, and those moved before of which a version came or went. Two narrow passes over the index.
with candidates as (
    select key_hash
    from {{ ref('int_activity__event_dates') }}
    {{ where_event_may_have_moved() }}
    group by key_hash
    having min(business_date) <> max(business_date)
)

select distinct
    key_hash,
    business_date
from {{ ref('int_activity__event_dates') }}
where key_hash in (select key_hash from candidates)
