-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(materialized='view') }}
-- Grain: one row per funnel, scope, and join or order of a member that meets a step or an exclusion of it.
-- A join is the begin of a presence in the scope; it carries nothing that could be filtered on. Messages that tell of a join are events.
-- A view: a build reads a few members' records, and both facts say themselves whose rows have changed.
-- noqa: disable=LT02
with joins as (
    select scope_type, scope_id, member_key, start_date as business_date, started_at as occurred_at
    from {{ ref('int_membership__presence') }}
    where scope_type in ('all', 'platform', 'community')
),

purchases as (
    select member_key, order_date as business_date, paid_at as occurred_at, platform, currency, cast(gross_amount as varchar) as value
    from {{ ref('int_commerce__orders') }}
),

records as (
    select
        cast(null as varchar) as definition,
        cast(null as varchar) as fact,
        scope_type,
        scope_id,
        member_key,
        business_date,
        occurred_at,
        cast(null as varchar) as steps,
        cast(null as varchar) as exclusions
    from joins
    where false
    {%- for funnel in funnels() %}
    {%- if 'join' in funnel.events or funnel.order == 'strict' %}
    union all
    select
        {{ quoted(funnel.name) }} as definition,
        'join' as fact,
        scope_type,
        scope_id,
        member_key,
        business_date,
        occurred_at,
        {{ funnel_mask(funnel.steps, 'join') }} as steps,
        {{ funnel_mask(funnel.exclusions, 'join') }} as exclusions
    from joins
    {%- endif %}
    {%- if 'purchase' in funnel.events or funnel.order == 'strict' %}
    {%- for scope_id in ["'all'", 'platform'] %}
    union all
    select
        {{ quoted(funnel.name) }} as definition,
        'purchase' as fact,
        '{{ scope_id | replace("'", "") }}' as scope_type,
        {{ scope_id }} as scope_id,
        member_key,
        business_date,
        occurred_at,
        {{ funnel_mask(funnel.steps, 'purchase') }} as steps,
        {{ funnel_mask(funnel.exclusions, 'purchase') }} as exclusions
    from purchases
    {%- endfor %}
    {%- endif %}
    {%- endfor %}
)

select
    records.definition,
    records.scope_type,
    records.scope_id,
    records.member_key,
    records.business_date,
    records.occurred_at,
    records.steps,
    records.exclusions
from records
inner join {{ ref('int_funnels__definitions') }} as definitions on records.definition = definitions.definition
where
    (definitions.has_communities or records.scope_type <> 'community')
    and (definitions.step_order = 'strict' or records.steps like '%1%' or records.exclusions like '%1%')
