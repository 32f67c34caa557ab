{{ config(materialized='view') }}
-- Grain: one row per event name, scope and member who ever had the event: the first business date of it.
-- What a first-time cohort is made of; the dates are kept where the event is, nothing is counted again.
select 'activity' as event_name, scope_type, scope_id, member_key, first_active_date as entry_date
from {{ ref('int_activity__first_seen') }}
union all
select 'join' as event_name, scope_type, scope_id, member_key, start_date as entry_date
from {{ ref('int_membership__presence') }}
where presence_index = 1
union all
select 'purchase' as event_name, scope_type, scope_id, member_key, first_order_date as entry_date
from {{ ref('int_commerce__first_orders') }}
union all
select event_name, scope_type, scope_id, member_key, min(business_date) as entry_date
from {{ ref('int_retention__occurrences') }}
where
    event_name not in ('activity', 'join', 'purchase')
    and event_name in (select entry_event from {{ ref('int_retention__definitions') }} where cohort_mode = 'first_time')
group by event_name, scope_type, scope_id, member_key
