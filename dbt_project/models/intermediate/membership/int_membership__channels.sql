{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_of_changed_spells',
    touches='channel_touches',
    touches_members='channel'
) }}
-- Grain: one row per member with a membership: the acquisition channel of their first entry.
-- One channel a person: later entries through another door do not change where they came from.
with ranked as (
    select
        member_key,
        channel,
        row_number() over (partition by member_key order by joined_at, community_key, channel) as entry_rank
    from {{ ref('int_membership__spells') }}
    {% if rebuilds_some_members() -%}
        where member_key in ({{ members_of_changed_spells() }})
    {%- endif %}
)

select member_key, channel
from ranked
where entry_rank = 1
