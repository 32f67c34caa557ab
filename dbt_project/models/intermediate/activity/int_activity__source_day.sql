{{ config(materialized='incremental', incremental_strategy='replace_partitions', partition_columns=['business_date'], affected='touched_activity_dates') }}
-- Grain: one row per source of events, platform, account, type of actor and business date: how many events are in force, how many of
-- them were restated, how many are messages in communities.
-- What the data status says of sources of events, and what a platform's own count of messages is held against; kept by date.
select
    business_date,
    source,
    platform,
    account_id,
    actor_type,
    {{ count_measure('count(*)') }} as accepted,
    {{ count_where('is_restated') }} as restated,
    {{ count_where("is_message and community_key <> ''") }} as community_messages
from {{ ref('int_activity__touched_events') }}
group by business_date, source, platform, account_id, actor_type
