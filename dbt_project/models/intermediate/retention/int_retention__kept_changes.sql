-- depends_on: {{ ref('int_retention__definitions') }}
-- depends_on: {{ ref('int_retention__member_returns') }}
-- depends_on: {{ ref('int_retention__stays') }}
{{ config(materialized='incremental', incremental_strategy='kept_totals') }}
{%- set totals = totals_of_retention('', '') -%}
-- Grain: one row per definition that is kept by member, period grain, scope, cohort and period index at which something changes.
-- `members` who entered (at index 0); `bounded`, of who stays: who is present with that period less who was until the one before (activity
-- is counted by period elsewhere); `within_periods`: who returned for the first time; `ended`: for the last time in the period before.
-- noqa: disable=LT02
{% if are_totals_kept() -%}
    select {{ (totals['keys'] + totals['measures']) | join(', ') }} from {{ this }} where false
{%- else -%}
    select
        {{ totals['keys'] | join(', ') }}
        {%- for measure in totals['measures'] %},
        {{ count_measure('sum(' ~ measure ~ ')') }} as {{ measure }}
        {%- endfor %}
    from (
        select * from ({{ changes_by_returns(ref('int_retention__member_returns')) }}) as by_returns
        union all
        select * from ({{ changes_by_stays(ref('int_retention__stays')) }}) as by_stays
    ) as changes
    group by {{ totals['keys'] | join(', ') }}
{%- endif %}
