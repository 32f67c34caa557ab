{{ config(
    materialized='incremental', incremental_strategy='replace_partitions',
    partition_columns=['business_date'], affected='touched_event_dates'
) }}
-- Grain: one row per delivered version of an event: a hash of its key, and its date. In the order of the files, not distinct.
-- The index in which an event is found that lies on another date by now: all history in twelve bytes a version.
select
    key_hash,
    business_date
from {{ ref('stg_events__touched_event_keys') }}
