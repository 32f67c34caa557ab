-- depends_on: {{ ref('int_funnels__changed_members') }}
-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_of_changed_attempts',
    on_schema_change='sync_all_columns',
    totals=totals_of_funnels()
) }}
{% set is_looked_at = is_of_rebuilt_member(members_of_changed_attempts()) -%}
-- Grain: one row per funnel, scope (all, platform, community) and member who made an attempt: the best of all their attempts.
-- It stays, so that what is told of all time is told of members and not of every attempt that there ever was. Rows of `all` have the
-- channel through which the member came, and there are as many columns as the longest funnel has steps.
-- noqa: disable=LT02
select
    attempts.definition,
    attempts.scope_type,
    attempts.scope_id,
    attempts.member_key,
    case when attempts.scope_type = 'all' then max(channels.channel) end as channel,
    {{ furthest_attempt('attempts', 'observed') }}
from {{ ref('int_funnels__attempts') }} as attempts
inner join {{ ref('int_funnels__observed') }} as observed
    on
        attempts.definition = observed.definition
        and {{ observed_scope_type('attempts.scope_type') }} = observed.scope_type
        and {{ observed_scope_id('attempts.scope_type', 'attempts.scope_id') }} = observed.scope_id
        and attempts.entry_date <= observed.observed_until
left join (select member_key, channel from {{ ref('int_membership__channels') }} where {{ is_looked_at }}) as channels
    on attempts.member_key = channels.member_key
where attempts.{{ is_looked_at }}
group by attempts.definition, attempts.scope_type, attempts.scope_id, attempts.member_key
