{{ config(materialized='view') }}
{%- set grains = {'day': 'horizon_days', 'week': 'horizon_weeks', 'month': 'horizon_months'} -%}
-- Grain: one row per definition of which activity is the return and that is kept by member, scope and member who entered.
-- By grain the first and the last day that count: of the periods after the cohort's own, within the horizon and known.
-- noqa: disable=LT02
with entries as (
    select
        definitions.definition,
        definitions.horizon_days,
        definitions.horizon_weeks,
        definitions.horizon_months,
        entries.scope_type,
        entries.scope_id,
        entries.member_key,
        entries.entry_date,
        known.observed_until
    from {{ ref('int_retention__entries') }} as entries
    inner join {{ ref('retention_definitions') }} as definitions on entries.event_name = definitions.entry_event
    inner join {{ ref('int_retention__definitions') }} as kept
        on definitions.definition = kept.definition and kept.period_grain = 'day' and kept.is_kept_by_member and kept.is_masked
    left join {{ ref('int_retention__known') }} as known
        on
            definitions.definition = known.definition
            and known.period_grain = 'day'
            and {{ observed_scope_type('entries.scope_type') }} = known.observed_scope_type
            and {{ observed_scope_id('entries.scope_type', 'entries.scope_id') }} = known.observed_scope_id
)

select
    *
    {%- for grain, horizon in grains.items() %},
    {{ add_periods(period_start('entry_date', "'" ~ grain ~ "'"), "'" ~ grain ~ "'", 1) }} as from_{{ grain }},
    least(
        {{ period_end(add_periods(period_start('entry_date', "'" ~ grain ~ "'"), "'" ~ grain ~ "'", horizon), "'" ~ grain ~ "'") }},
        {{ period_end(period_start('observed_until', "'" ~ grain ~ "'"), "'" ~ grain ~ "'") }}
    ) as until_{{ grain }}
    {%- endfor %}
from entries
