{#
    Retention is kept by member where it can be (`is_kept_by_member`): the rows of whom a build looks at again are replaced, and what
    they change in the counts of their cohorts is added to the totals `int_retention__kept_changes` in the same transaction.
#}

{# The events whose occurrences count per period, of cohorts that are made anew: entries in each period, and returns that no mask answers. #}
{% macro retention_events_counted(definitions) -%}
    {{ return(_event_names(
        "select entry_event from " ~ definitions ~ " where cohort_mode = 'recurring'"
        ~ " union select return_event from " ~ definitions ~ " where not is_masked order by 1"
    )) }}
{%- endmacro %}

{# The events with which first-time cohorts begin, but for those whose first dates stand elsewhere. #}
{% macro retention_entries_dated(definitions) -%}
    {{ return(_event_names(
        "select distinct entry_event from " ~ definitions
        ~ " where cohort_mode = 'first_time' and entry_event not in ('activity', 'purchase') order by 1"
    )) }}
{%- endmacro %}

{% macro _event_names(query) -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {{ return(run_query(query).columns[0].values()) }}
{%- endmacro %}

{% macro members_of_retention() -%}
    select member_key from {{ ref('int_retention__rebuilt_members') }}
{%- endmacro %}

{# Whose rows of `int_retention__stays` this build looks at again: who entered or was present otherwise, or whose presence became known. #}
{% macro members_of_stays() -%}
    select member_key from control.touched_members where domain in ('entry', 'presence', 'channel')
    union
    select member_key
    from {{ ref('int_membership__presence') }}
    where start_date in ({{ touched_dates('observed') }}) or count_until in ({{ touched_dates('observed') }})
{%- endmacro %}

{# The first day of the month before which no activity and no end of what is known has changed, as a date for SQL. #}
{% macro month_of_first_news() -%}
    {%- if not execute -%}{{ return("date '0001-01-01'") }}{%- endif -%}
    {%- set query -%}
        select coalesce({{ month_start('min(business_date)') }}, date '9999-12-01')
        from control.touched
        where domain in ('activity', 'observed')
    {%- endset -%}
    {{ return("date '" ~ run_query(query).rows[0][0] ~ "'") }}
{%- endmacro %}

{# By grain the first and the last day on which who entered may return: of the periods after the cohort's own, within the horizon and known. #}
{% macro ranges_of_returns(entries) -%}
    select
        *
        {%- for grain, horizon in {'day': 'horizon_days', 'week': 'horizon_weeks', 'month': 'horizon_months'}.items() -%}
        {%- set of_grain = "'" ~ grain ~ "'" -%}
        {%- set cohort_start = period_start('entry_date', of_grain) %},
        {{ add_periods(cohort_start, of_grain, 1) }} as from_{{ grain }},
        least(
            {{ period_end(add_periods(cohort_start, of_grain, horizon), of_grain) }},
            {{ period_end(period_start('observed_until', of_grain), of_grain) }}
        ) as until_{{ grain }}
        {%- endfor %}
    from {{ entries }}
{%- endmacro %}

{#
    First and last day of activity of those in `ranges`, by grain; of the months since `from_block`, where it is given. `of_some`: the
    masks of those only whom a build looks at again are read.
#}
{% macro first_and_last_returns(ranges, from_block, of_some) -%}
    {%- set grains = ['day', 'week', 'month'] -%}
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
    from (
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
        from {{ ranges }} as ranges
        left join (
            select scope_type, scope_id, member_key, block_start, period_mask
            from {{ ref('int_activity__block_scopes') }}
            {%- if from_block or of_some %}
            where {{ 'block_start >= ' ~ from_block if from_block }}
                {{- ' and ' if from_block and of_some }}
                {{- 'member_key in (' ~ members_of_retention() ~ ')' if of_some }}
            {%- endif %}
        ) as blocks
            on
                ranges.scope_type = blocks.scope_type
                and ranges.scope_id = blocks.scope_id
                and ranges.member_key = blocks.member_key
                and {{ month_start('ranges.entry_date') }} <= blocks.block_start
    ) as masked
    group by definition, scope_type, scope_id, member_key, entry_date
{%- endmacro %}

{# What is known of a scope begins or ends altogether: then nobody's returns there were counted, or are any more. #}
{% macro a_scope_came_or_went() -%}
    {%- if not execute -%}{{ return(false) }}{%- endif -%}
    {{ return(run_query("select count(*) from control.touched where domain = 'observed_scope'").rows[0][0] > 0) }}
{%- endmacro %}

{# Who entered on another date counts in another cohort on every day of their activity after that. #}
{% macro entry_touches(old, new) -%}
    {%- call statement('moved_entries') -%}
        create or replace temporary table moved_entries as
        select distinct
            coalesce(before.member_key, after.member_key) as member_key,
            least(before.entry_date, after.entry_date) as entry_date
        from {{ old }} as before
        full outer join {{ new }} as after
            on
                before.definition = after.definition
                and before.scope_type = after.scope_type
                and before.scope_id = after.scope_id
                and before.member_key = after.member_key
        where before.member_key is null or after.member_key is null or before.entry_date <> after.entry_date
    {%- endcall -%}
    {#- As a literal, so that the engine leaves out the days before it. -#}
    {%- set first_entry = run_query('select min(entry_date) from moved_entries').rows[0][0] or '9999-12-31' %}
    select distinct 'retention' as domain, business_date
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_activity__member_day') }}
    where business_date > date '{{ first_entry }}' and member_key in (select member_key from moved_entries)
{%- endmacro %}

{#
    The dates of which `int_retention__return_days` counts anew who returned: a touched one, and those after it in its month and in its week,
    for who was active on it for the first time in these.
#}
{% macro rebuilt_return_dates() -%}
    select distinct dates.business_date
    from control.touched as touched
    inner join {{ adapter.get_relation(this.database, 'intermediate', 'int_calendar__dates') }} as dates
        on
            dates.business_date >= touched.business_date
            and dates.business_date <= greatest({{ period_end(month_start('touched.business_date'), "'month'") }}, {{ period_end(week_start('touched.business_date'), "'week'") }})
    where touched.domain in ('activity', 'retention')
{%- endmacro %}

{# The bits of a block (`grain` day or week) of the periods from `first` to `last`, each given by its first day. #}
{% macro bits_of_periods(block_start, first, last, grain) -%}
    {%- set places = 31 if grain == 'day' else 4 -%}
    {%- set from_place = _places_between(first, block_start, grain) -%}
    {%- set to_place = _places_between(last, block_start, grain) -%}
    case
        when {{ first }} <= {{ last }} and {{ from_place }} < {{ places }} and {{ to_place }} >= 0
            then
                {{ mask_bit(places ~ ' - greatest(' ~ from_place ~ ', 0)') }}
                - {{ mask_bit((places - 1) ~ ' - least(' ~ to_place ~ ', ' ~ (places - 1) ~ ')') }}
        else 0
    end
{%- endmacro %}

{% macro _places_between(period, block_start, grain) -%}
    {{ days_between(period, block_start) if grain == 'day' else exact_quotient(days_between(period, block_start), 7) }}
{%- endmacro %}

{# `counts`: `rows` if what rows of the model change is the sum of what each changes, `members` if it takes all rows of a member. #}
{% macro totals_of_retention(contributions, counts) -%}
    {{ return({
        'relation': 'int_retention__kept_changes',
        'keys': ['definition', 'period_grain', 'scope_type', 'scope_id', 'cohort_start', 'period_index'],
        'measures': ['members', 'bounded', 'within_periods', 'ended'],
        'contributions': contributions,
        'counts': counts,
    }) }}
{%- endmacro %}

{# What rows of `int_retention__member_returns` change: their number, first returns, and last ones in the period before. #}
{% macro changes_by_returns(rows) -%}
    {%- for grain in ['day', 'week', 'month'] -%}
    {%- set of_grain = "'" ~ grain ~ "'" -%}
    {%- set cohort_start = period_start('entry_date', of_grain) -%}
    {%- for date, measure, later in [('entry_date', 'members', 0), ('first_' ~ grain, 'within_periods', 0), ('last_' ~ grain, 'ended', 1)] %}
    select
        definition,
        {{ of_grain }} as period_grain,
        scope_type,
        scope_id,
        {{ cohort_start }} as cohort_start,
        {{ periods_between(period_start(date, of_grain), cohort_start, of_grain) }} + {{ later }} as period_index,
        {{ 'number' if measure == 'members' else 0 }} as members,
        0 as bounded,
        {{ 'number' if measure == 'within_periods' else 0 }} as within_periods,
        {{ 'number' if measure == 'ended' else 0 }} as ended
    from (
        select definition, scope_type, scope_id, entry_date{{ ', ' ~ date if date != 'entry_date' }}, count(*) as number
        from {{ rows }} as {{ grain }}_rows
        where {{ date }} is not null
        group by definition, scope_type, scope_id, entry_date{{ ', ' ~ date if date != 'entry_date' }}
    ) as {{ grain }}_{{ measure }}
    {%- if not loop.last %} union all {% endif -%}
    {%- endfor -%}
    {%- if not loop.last %} union all {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{#
    What rows of `int_retention__stays` change. A presence fills every period at whose end the member was present, index 0 apart, which
    needs no return; one without an end fills all that follow. A member first returns in the first period that any presence fills, and
    for the last time in the last one.
#}
{% macro changes_by_stays(rows) -%}
    with cohorts as (
        select
            stays.definition,
            definitions.period_grain,
            definitions.horizon,
            stays.scope_type,
            stays.scope_id,
            stays.member_key,
            {{ period_start('stays.entry_date', 'definitions.period_grain') }} as cohort_start,
            stays.start_date,
            stays.count_until
        from {{ rows }} as stays
        inner join {{ ref('int_retention__definitions') }} as definitions on stays.definition = definitions.definition
    ),

    runs as (
        select
            *,
            greatest(
                {{ periods_between(period_start('greatest(start_date, cohort_start)', 'period_grain'), 'cohort_start', 'period_grain') }}, 1
            ) as first_index,
            case
                when count_until is null then horizon
                else least(
                    {{ periods_between(period_start('count_until', 'period_grain'), 'cohort_start', 'period_grain') }} - 1,
                    horizon
                )
            end as last_index
        from cohorts
    ),

    members as (
        select
            definition,
            period_grain,
            scope_type,
            scope_id,
            cohort_start,
            min(case when start_date is not null and first_index <= last_index then first_index end) as first_index,
            max(case when start_date is not null and first_index <= last_index then last_index end) as last_index
        from runs
        group by definition, period_grain, scope_type, scope_id, cohort_start, member_key
    )

    select
        definition, period_grain, scope_type, scope_id, cohort_start,
        0 as period_index, 1 as members, 0 as bounded, 0 as within_periods, 0 as ended
    from members
    union all
    select
        definition, period_grain, scope_type, scope_id, cohort_start,
        first_index as period_index, 0 as members, 0 as bounded, 1 as within_periods, 0 as ended
    from members
    where first_index is not null
    union all
    select
        definition, period_grain, scope_type, scope_id, cohort_start,
        last_index + 1 as period_index, 0 as members, 0 as bounded, 0 as within_periods, 1 as ended
    from members
    where last_index is not null
    union all
    select
        definition, period_grain, scope_type, scope_id, cohort_start,
        first_index as period_index, 0 as members, 1 as bounded, 0 as within_periods, 0 as ended
    from runs
    where start_date is not null and first_index <= last_index
    union all
    select
        definition, period_grain, scope_type, scope_id, cohort_start,
        last_index + 1 as period_index, 0 as members, -1 as bounded, 0 as within_periods, 0 as ended
    from runs
    where start_date is not null and first_index <= last_index
{%- endmacro %}
