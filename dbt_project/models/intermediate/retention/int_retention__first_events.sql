-- depends_on: {{ ref('int_retention__rebuilt_members') }}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_of_retention',
    touches_members='entry'
) }}
{%- set names = retention_entries_dated(ref('int_retention__definitions')) -%}
-- Grain: one row per event name, scope and member who ever had an event that a first-time cohort begins with: its first business date.
-- The first activity of all and the first order stand elsewhere. Who joins may be told by a list or by a message of a chat.
select event_name, scope_type, scope_id, member_key, min(business_date) as entry_date
from {{ ref('int_retention__occurrences') }}
where
    event_name in ('' {%- for name in names %}, {{ quoted(name) }}{% endfor %})
    {% if rebuilds_some_members() -%}
        and member_key in ({{ members_of_retention() }})
    {%- endif %}
group by event_name, scope_type, scope_id, member_key
