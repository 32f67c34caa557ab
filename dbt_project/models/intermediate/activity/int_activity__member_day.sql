{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['business_date'],
    affected='touched_activity_dates',
    touches_members='activity',
    made_in_pieces='pieces_of_events'
) }}
-- Grain: one row per member, community and business date with at least one qualifying event (community '' when the event has none).
-- The only heavy activity table: every activity mart reads this and never the events.
select
    business_date,
    member_key,
    platform,
    community_key,
    actor_type,
    {{ count_measure('count(*)') }} as interactions,
    {{ count_where('is_message') }} as messages,
    {{ bits_of_all(hour_bit('hour')) }} as hour_mask
from {{ ref('int_activity__touched_events') }}
where is_activity and {{ in_this_piece() }}
group by business_date, member_key, platform, community_key, actor_type
