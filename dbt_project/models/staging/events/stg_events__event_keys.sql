-- Grain: one row per delivered version of an event with an id of its own, over all dates: what it takes to see that an event moved.
-- A derived id is made of the content, time included: such an event cannot move and is not here.
select
    platform,
    coalesce(account_id, '') as account_id,
    event_id,
    cast(_period_date as date) as business_date,
    {{ instant('updated_at') }} as updated_at,
    _key_hash as key_hash,
    {{ version_columns() }}
from {{ lake('events', 'events') }}
where coalesce(event_id_is_derived, 'false') <> 'true'
