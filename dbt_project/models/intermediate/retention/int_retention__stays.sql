-- depends_on: {{ ref('int_status__observed') }}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_of_stays',
    unless='a_scope_came_or_went',
    totals=totals_of_retention('changes_by_stays', 'members')
) }}
{%- set is_looked_at = is_of_rebuilt_member(members_of_stays()) %}
-- Grain: one row per definition of which being present is the return and that is kept by member, scope, member who entered and presence.
-- A presence that lasts beyond what is known has no end; one that begins beyond it is none yet.
with entries as (
    select event_name, scope_type, scope_id, member_key, entry_date
    from {{ ref('int_retention__entries') }}
    where {{ is_looked_at }}
),

-- On both sides, so that a day does not join its few members with everybody present.
presence as (
    select scope_type, scope_id, member_key, start_date, count_until
    from {{ ref('int_membership__presence') }}
    where {{ is_looked_at }}
)

select
    definitions.definition,
    entries.scope_type,
    entries.scope_id,
    entries.member_key,
    entries.entry_date,
    presence.start_date,
    case when presence.count_until <= known.observed_until then presence.count_until end as count_until
from entries
inner join {{ ref('int_retention__definitions') }} as definitions
    on
        entries.event_name = definitions.entry_event
        and definitions.period_grain = 'day'
        and definitions.is_kept_by_member
        and definitions.return_event = 'present'
left join {{ ref('int_retention__known') }} as known
    on
        definitions.definition = known.definition
        and known.period_grain = 'day'
        and {{ observed_scope_type('entries.scope_type') }} = known.observed_scope_type
        and {{ observed_scope_id('entries.scope_type', 'entries.scope_id') }} = known.observed_scope_id
left join presence
    on
        entries.scope_type = presence.scope_type
        and entries.scope_id = presence.scope_id
        and entries.member_key = presence.member_key
        and known.observed_until >= presence.start_date
