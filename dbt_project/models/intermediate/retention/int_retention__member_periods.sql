{#- Named as literals, so that what no definition counts is not read at all. -#}
{%- set names = retention_events_counted(ref('int_retention__definitions')) -%}
-- Grain: one row per event name, period grain, scope, member and calendar period with at least one occurrence.
-- Only what masks and first dates do not answer: entries of recurring cohorts, and returns that are counted; and only from the first
-- rebuilt cohort on.
with named as (
    select entry_event as event_name, period_grain
    from {{ ref('int_retention__definitions') }}
    where cohort_mode = 'recurring'
    union
    select return_event as event_name, period_grain
    from {{ ref('int_retention__definitions') }}
    where not is_masked
)

select
    occurrences.event_name,
    named.period_grain,
    occurrences.scope_type,
    occurrences.scope_id,
    occurrences.member_key,
    {{ period_start('occurrences.business_date', 'named.period_grain') }} as period_start,
    {{ count_measure('sum(occurrences.occurrences)') }} as occurrences
from {{ ref('int_retention__occurrences') }} as occurrences
inner join named on occurrences.event_name = named.event_name
where
    occurrences.event_name in ('' {%- for name in names %}, '{{ name | replace("'", "''") }}'{% endfor %})
    and occurrences.business_date >= (select min(cohort_start) from {{ ref('int_retention__rebuilt_cohorts') }})
group by
    occurrences.event_name,
    named.period_grain,
    occurrences.scope_type,
    occurrences.scope_id,
    occurrences.member_key,
    {{ period_start('occurrences.business_date', 'named.period_grain') }}
