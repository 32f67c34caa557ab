{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['business_date'],
    affected='touched_activity_dates',
    made_in_pieces='pieces_of_events'
) }}
-- Grain: one row per community, business date and hour of the local day with at least one qualifying event of a member.
-- Counts of events add up over communities; who was active in an hour stands in the member-day's hour mask.
select
    business_date,
    hour,
    platform,
    community_key,
    {{ count_measure('count(*)') }} as events
from {{ ref('int_activity__touched_events') }}
where is_activity and actor_type = 'member' and {{ in_this_piece() }}
group by business_date, hour, platform, community_key
