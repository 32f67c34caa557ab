{{ config(materialized='view') }}
-- Grain: one row per platform account and business date, from every source that reports accounts by day.
-- The place where another source of daily account figures will be added.
select platform, account_id, business_date, followers, gained, lost, reads, plays, likes, comments, shares
from {{ ref('stg_account_daily__account_daily') }}
