{{ config(materialized='incremental', incremental_strategy='replace_changed', touches_members='record') }}
-- Grain: one row per record of a member in a source: who somebody is said to be, and since when.
-- The record says who somebody is; activity and membership say what they do.
with records as (
    select platform, member_id as native_id, coalesce(actor_type, 'member') as actor_type, region, least(created_at, first_seen_at) as created_at
    from {{ ref('stg_members__members') }}

    union all

    select platform, member_id as native_id, actor_type, cast(null as varchar) as region, cast(null as timestamp) as created_at
    from {{ ref('stg_chat_export__users') }}

    union

    select platform, member_id as native_id, actor_type, cast(null as varchar) as region, cast(null as timestamp) as created_at
    from {{ ref('stg_wecom_groups__group_members') }}
)

select
    coalesce(identity.member_key, records.native_id) as member_key,
    records.platform,
    records.native_id,
    records.actor_type,
    records.region,
    {{ local_date('records.created_at') }} as created_date
from records
left join {{ ref('int_identity__members') }} as identity on records.native_id = identity.native_id
