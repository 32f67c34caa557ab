-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['business_date'],
    affected='touched_activity_dates',
    touches_member_dates={'funnel': 'business_date'},
    made_in_pieces='pieces_of_events'
) }}
-- Grain: one row per funnel and event (of every actor type) that meets a step or an exclusion of it.
-- A narrow fact: attempts are made of it without rescanning events. A strict funnel keeps every event: any may stand between two steps.
-- `steps` and `exclusions` say by '1' and '0' which of them the event meets.
-- noqa: disable=LT02
select
    cast(null as varchar) as definition,
    business_date,
    platform,
    community_key,
    member_key,
    actor_type,
    occurred_at,
    cast(null as varchar) as steps,
    cast(null as varchar) as exclusions
from {{ ref('int_activity__touched_events') }}
where false
{%- for funnel in funnels() %}
union all
select definition, business_date, platform, community_key, member_key, actor_type, occurred_at, steps, exclusions
from (
    select
        {{ quoted(funnel.name) }} as definition,
        business_date,
        platform,
        community_key,
        member_key,
        actor_type,
        occurred_at,
        {{ funnel_mask(funnel.steps, 'event') }} as steps,
        {{ funnel_mask(funnel.exclusions, 'event') }} as exclusions
    from {{ ref('int_activity__touched_events') }}
    where {{ in_this_piece() }}
) as met
{%- if funnel.order != 'strict' %}
where steps like '%1%' or exclusions like '%1%'
{%- endif %}
{%- endfor %}
