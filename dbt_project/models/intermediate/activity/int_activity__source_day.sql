{{ config(materialized='incremental', incremental_strategy='replace_partitions', partition_columns=['business_date'], affected='touched_activity_dates') }}
-- Grain: one row per source of events, account and business date: how many events are in force, how many of them were restated.
-- What the data status says of sources of events, kept by date like everything made of events.
select
    business_date,
    source,
    account_id,
    {{ count_measure('count(*)') }} as accepted,
    {{ count_where('is_restated') }} as restated
from {{ ref('int_activity__touched_events') }}
group by business_date, source, account_id
