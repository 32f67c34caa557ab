-- depends_on: {{ ref('int_calendar__dates') }}
-- depends_on: {{ ref('int_funnels__definitions') }}
-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
{{ config(materialized='incremental', incremental_strategy='replace_changed', touches='funnel_observed_touches') }}
-- Grain: one row per funnel and scope (all, a platform) in which everything that the funnel is measured from is known.
-- The first and the last date known of all of it. A scope without one of the sources has no row: nobody was seen not to go on.
-- noqa: disable=LT02
with domains as (
    select cast(null as varchar) as definition, cast(null as varchar) as domain
    where false
    {%- for funnel in funnels() %}
    {%- for domain in funnel_domains(funnel.events) %}
    union all
    select {{ quoted(funnel.name) }} as definition, '{{ domain }}' as domain
    {%- endfor %}
    {%- endfor %}
),

needed as (
    select definition, count(*) as domains
    from domains
    group by definition
)

select
    domains.definition,
    observed.scope_type,
    observed.scope_id,
    max(observed.observed_from) as observed_from,
    min(observed.observed_until) as observed_until
from domains
inner join needed on domains.definition = needed.definition
inner join {{ ref('int_status__observed') }} as observed on domains.domain = observed.domain
group by domains.definition, observed.scope_type, observed.scope_id
having count(*) = max(needed.domains)
