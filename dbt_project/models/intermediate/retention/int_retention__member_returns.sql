-- depends_on: {{ ref('int_retention__rebuilt_members') }}
{%- set grains = {'day': 'horizon_days', 'week': 'horizon_weeks', 'month': 'horizon_months'} -%}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_of_retention',
    unless='a_scope_came_or_went',
    touches='entry_touches',
    totals=totals_of_retention('changes_by_returns')
) }}
-- Grain: one row per definition of which activity is the return and that is kept by member, scope and member who entered.
-- By grain the first and the last day of activity in the periods that count: those after the cohort's own, within the horizon and,
-- for the last, known. Days and not periods, since a day that is taken back touches only whom it concerns.
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
    {% if rebuilds_some_members() -%}
        where entries.member_key in ({{ members_of_retention() }})
    {%- endif %}
),

ranges as (
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
),

masked as (
    select
        ranges.definition,
        ranges.scope_type,
        ranges.scope_id,
        ranges.member_key,
        ranges.entry_date,
        blocks.block_start
        {%- for grain in grains %},
        {{ both_bits('blocks.period_mask', bits_of_periods('blocks.block_start', 'ranges.from_' ~ grain, 'ranges.until_' ~ grain, 'day')) }} as {{ grain }}_mask
        {%- endfor %}
    from ranges
    left join {{ ref('int_activity__block_scopes') }} as blocks
        on
            ranges.scope_type = blocks.scope_type
            and ranges.scope_id = blocks.scope_id
            and ranges.member_key = blocks.member_key
            and blocks.period_grain = 'day'
            and {{ month_start('ranges.entry_date') }} <= blocks.block_start
)

select
    definition,
    scope_type,
    scope_id,
    member_key,
    entry_date
    {%- for grain in grains %},
    min({{ period_of_bit('block_start', "'day'", highest_bit(grain ~ '_mask')) }}) as first_{{ grain }},
    max({{ period_of_bit('block_start', "'day'", lowest_bit(grain ~ '_mask')) }}) as last_{{ grain }}
    {%- endfor %}
from masked
group by definition, scope_type, scope_id, member_key, entry_date
