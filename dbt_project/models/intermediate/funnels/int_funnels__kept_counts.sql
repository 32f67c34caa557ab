-- depends_on: {{ ref('funnel_definitions') }}
-- depends_on: {{ ref('funnel_steps') }}
-- depends_on: {{ ref('funnel_exclusions') }}
-- depends_on: {{ ref('event_filters') }}
-- depends_on: {{ ref('int_funnels__members') }}
{{ config(materialized='incremental', incremental_strategy='kept_totals') }}
{%- set totals = totals_of_funnels() -%}
-- Grain: one row per funnel, scope, step and date from which on it is known how far its members got; 9999-12-31 where their windows are open.
-- `reached`: members whose best attempt of all time did that step; `excluded`, at step 1: who is in none of these counts.
-- noqa: disable=LT02
{% if are_totals_kept() -%}
    select {{ (totals['keys'] + totals['measures']) | join(', ') }} from {{ this }} where false
{%- else -%}
    select
        {{ totals['keys'] | join(', ') }}
        {%- for measure in totals['measures'] %},
        {{ count_measure('sum(' ~ measure ~ ')') }} as {{ measure }}
        {%- endfor %}
    from ({{ counts_of_best_attempts(ref('int_funnels__members')) }}) as counts
    group by {{ totals['keys'] | join(', ') }}
{%- endif %}
