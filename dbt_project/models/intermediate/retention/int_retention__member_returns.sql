-- depends_on: {{ ref('int_retention__rebuilt_members') }}
{%- set grains = ['day', 'week', 'month'] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_of_retention',
    unless='a_scope_came_or_went',
    touches='entry_touches',
    totals=totals_of_retention('changes_by_returns', 'rows')
) }}
{%- set columns = ['definition', 'scope_type', 'scope_id', 'member_key', 'entry_date'] -%}
{%- for grain in grains -%}
    {%- do columns.extend(['first_' ~ grain, 'last_' ~ grain]) -%}
{%- endfor -%}
{%- set is_partial = rebuilds_some_members() -%}
{%- set news_begin = month_of_first_news() if is_partial else none -%}
-- Grain: one row per definition of which activity is the return and that is kept by member, scope and member who entered.
-- By grain the first and the last day of activity in the periods that count: those after the cohort's own, within the horizon and,
-- for the last, known. Days and not periods, since a day that is taken back touches only whom it concerns.
-- Of members whose news lie in the last months only these are read: a day costs the same after one year as after one month.
-- noqa: disable=LT02
with entered as (
    select event_name, scope_type, scope_id, member_key, entry_date
    from {{ ref('int_retention__entries') }}
    {% if is_partial -%}
        where member_key in ({{ members_of_retention() }})
    {%- endif %}
),

entries as (
    select
        definitions.definition,
        definitions.horizon_days,
        definitions.horizon_weeks,
        definitions.horizon_months,
        entered.scope_type,
        entered.scope_id,
        entered.member_key,
        entered.entry_date,
        known.observed_until
    from entered
    inner join {{ ref('retention_definitions') }} as definitions on entered.event_name = definitions.entry_event
    inner join {{ ref('int_retention__definitions') }} as kept
        on definitions.definition = kept.definition and kept.period_grain = 'day' and kept.is_kept_by_member and kept.is_masked
    left join {{ ref('int_retention__known') }} as known
        on
            definitions.definition = known.definition
            and known.period_grain = 'day'
            and {{ observed_scope_type('entered.scope_type') }} = known.observed_scope_type
            and {{ observed_scope_id('entered.scope_type', 'entered.scope_id') }} = known.observed_scope_id
),

ranges as (
    {{ ranges_of_returns('entries') }}
),

recent as (
    {{ first_and_last_returns('ranges', news_begin, is_partial) }}
)
{%- if not is_partial %}

select {{ columns | join(', ') }}
from recent
{%- else %},

-- What was told of the months before the news stays, unless the member entered on another date.
combined as (
    select
        definition,
        scope_type,
        scope_id,
        member_key,
        entry_date,
        {%- for grain in grains %}
        case when earlier.first_{{ grain }} < {{ news_begin }} then earlier.first_{{ grain }} else recent.first_{{ grain }} end as first_{{ grain }},
        coalesce(recent.last_{{ grain }}, case when earlier.last_{{ grain }} < {{ news_begin }} then earlier.last_{{ grain }} end) as last_{{ grain }},
        {%- endfor %}
        -- Their last return was taken back, or nothing was told of them: the one before is looked for in all months.
        {{ news_begin }} > {{ month_start('entry_date') }}
        and (
            earlier.member_key is null
            {%- for grain in grains %}
            or (recent.last_{{ grain }} is null and coalesce(earlier.last_{{ grain }} >= {{ news_begin }}, false))
            {%- endfor %}
        ) as is_looked_for
    from recent
    left join (select * from {{ this }} where member_key in ({{ members_of_retention() }})) as earlier
        using (definition, scope_type, scope_id, member_key, entry_date)
),

looked_for as (
    select ranges.*
    from ranges
    inner join combined using (definition, scope_type, scope_id, member_key)
    where combined.is_looked_for
)

select {{ columns | join(', ') }}
from combined
where not is_looked_for
union all
select {{ columns | join(', ') }}
from ({{ first_and_last_returns('looked_for', none, is_partial) }}) as found
{%- endif %}
