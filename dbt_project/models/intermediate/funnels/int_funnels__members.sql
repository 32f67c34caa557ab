-- depends_on: {{ ref('int_funnels__changed_members') }}
-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_of_changed_attempts'
) }}
{% set numbers = funnel_step_numbers() | map('int') | list -%}
-- Grain: one row per funnel, scope (all, platform, community) and member who made an attempt: the best of all their attempts.
-- It stays, so that what is told of all time is told of members and not of every attempt that there ever was.
-- noqa: disable=LT02
select
    attempts.definition,
    attempts.scope_type,
    attempts.scope_id,
    attempts.member_key,
    {{ furthest_attempt('attempts', 'observed') }}
from {{ ref('int_funnels__attempts') }} as attempts
inner join {{ ref('int_funnels__observed') }} as observed
    on
        attempts.definition = observed.definition
        and {{ observed_scope_type('attempts.scope_type') }} = observed.scope_type
        and {{ observed_scope_id('attempts.scope_type', 'attempts.scope_id') }} = observed.scope_id
        and attempts.entry_date <= observed.observed_until
{% if rebuilds_some_members() -%}
where attempts.member_key in ({{ members_of_changed_attempts() }})
{% endif -%}
group by attempts.definition, attempts.scope_type, attempts.scope_id, attempts.member_key
