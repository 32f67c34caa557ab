{{ config(materialized='view') }}
-- Grain: one row per source and account: the first and the last business date that is known of it.
-- The range that a source owes days for, across its platforms.
select source, account_id, min(first_date) as first_date, max(observed_until) as last_date
from {{ source('control', 'observed') }}
group by source, account_id
