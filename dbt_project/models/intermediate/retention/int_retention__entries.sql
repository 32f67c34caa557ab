{{ config(materialized='view') }}
-- Grain: one row per event name, scope and member who ever had the event: the first business date of it.
-- What a first-time cohort is made of. The first activity is kept as such.
select 'activity' as event_name, scope_type, scope_id, member_key, first_active_date as entry_date
from {{ ref('int_activity__first_seen') }}
union all
select event_name, scope_type, scope_id, member_key, entry_date
from {{ ref('int_retention__first_events') }}
