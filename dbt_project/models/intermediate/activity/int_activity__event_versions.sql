{{ config(materialized='view') }}
-- Grain: one row per delivered version of an event of any source, on the business dates that this build rebuilds.
-- One shape for what is told apart by key next: which ids came more than once, and which of their versions is the newest.
select 'events' as source, * from {{ ref('stg_events__events') }}
union all
select 'chat_export' as source, * from {{ ref('stg_chat_export__messages') }}
union all
select 'chat_export' as source, * from {{ ref('stg_chat_export__reactions') }}
