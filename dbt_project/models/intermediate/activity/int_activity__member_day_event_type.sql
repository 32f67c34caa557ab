{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['business_date'],
    affected='touched_activity_dates',
    touches_members='activity',
    made_in_pieces='pieces_of_events'
) }}
-- Grain: one row per member, community, business date and event type, for the event types that a definition names.
-- A narrow fact beside the member-day: it answers declared retentions and stickiness of one event without rescanning events.
with named as (
    select entry_event as event_type from {{ ref('retention_definitions') }}
    union
    select return_event as event_type from {{ ref('retention_definitions') }}
    union
    select event as event_type from {{ ref('stickiness_definitions') }}
)

select
    events.business_date,
    events.member_key,
    events.platform,
    events.community_key,
    events.actor_type,
    events.event_type,
    {{ count_measure('count(*)') }} as occurrences
from {{ ref('int_activity__touched_events') }} as events
inner join named on events.event_type = named.event_type
where {{ in_this_piece() }}
group by events.business_date, events.member_key, events.platform, events.community_key, events.actor_type, events.event_type
