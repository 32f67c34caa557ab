-- depends_on: {{ ref('int_activity__move_candidates') }}
-- Grain: one row per delivered version of an event with an id of its own, on the dates on which one may lie that has moved.
-- The files are listed after the model above, which names those dates.
select
    platform,
    coalesce(account_id, '') as account_id,
    event_id,
    cast(_period_date as date) as business_date,
    {{ instant('updated_at') }} as updated_at,
    {{ event_key_hash() }} as key_hash,
    {{ version_columns() }}
from {{ lake('events', 'events', dates_of='int_activity__move_candidates') }}
where coalesce(event_id_is_derived, 'false') <> 'true'
