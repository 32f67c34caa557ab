{{ config(materialized='view') }}
-- Grain: one row per source, account, business date and way that rows of it have gone: in force, quarantined or held.
-- The three ways add up to what was delivered; the mart sets them side by side.
select source, account_id, business_date, accepted, restated, 0 as quarantined, 0 as held
from {{ ref('int_status__source_day') }}
union all
select source, account_id, business_date, 0 as accepted, 0 as restated, quarantined_rows as quarantined, 0 as held
from {{ source('control', 'quarantined') }}
union all
select source, account_id, business_date, 0 as accepted, 0 as restated, 0 as quarantined, held_rows as held
from {{ source('control', 'held') }}
