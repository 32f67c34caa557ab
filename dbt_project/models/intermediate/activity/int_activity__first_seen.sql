{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_seen_anew',
    touches='first_seen_touches',
    touches_members='entry'
) }}
-- Grain: one row per scope and member who was ever active in it.
-- First seen is the earliest of first presence, the record's creation and first activity: it decides who is new.
with active as (
    select scope_type, scope_id, member_key, first_active_date
    from {{ ref('int_activity__first_active') }}
    {% if rebuilds_some_members() -%}
        where member_key in ({{ members_seen_anew() }})
    {%- endif %}
),

present as (
    select scope_type, scope_id, member_key, min(start_date) as first_present_date
    from {{ ref('int_membership__presence') }}
    {% if rebuilds_some_members() -%}
        where member_key in ({{ members_seen_anew() }})
    {%- endif %}
    group by scope_type, scope_id, member_key
),

-- A record belongs to a platform, not to a community.
recorded as (
    select member_key, platform, min(created_date) as created_date
    from {{ ref('int_identity__records') }}
    where created_date is not null
    group by member_key, platform
),

recorded_anywhere as (
    select member_key, min(created_date) as created_date
    from recorded
    group by member_key
)

select
    active.scope_type,
    active.scope_id,
    active.member_key,
    active.first_active_date,
    least(
        active.first_active_date,
        present.first_present_date,
        recorded.created_date,
        case when active.scope_type in ('all', 'channel') then recorded_anywhere.created_date end
    ) as first_seen_date
from active
left join present
    on active.scope_type = present.scope_type and active.scope_id = present.scope_id and active.member_key = present.member_key
left join recorded on active.member_key = recorded.member_key and active.scope_type = 'platform' and active.scope_id = recorded.platform
left join recorded_anywhere on active.member_key = recorded_anywhere.member_key
