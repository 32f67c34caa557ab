{#
    What a change reaches. Each macro gets the old and the new relation of a `replace_changed` model and selects the
    (domain, business_date) pairs to rebuild. Domains: `activity` (member-days), `activity_mart` (daily activity rows),
    `lifecycle_day`, `lifecycle_week`, `lifecycle_month` (dates whose period of that grain is to be rebuilt), `segments` (days at whose end somebody has now, or no longer, been active).
    Dates of `events` are the pipeline's alone: their files came or went.
#}

{% macro touched_activity_dates() -%}
    {{ touched_dates('activity') }}
{%- endmacro %}

{% macro touched_event_dates() -%}
    {{ touched_dates('events') }}
{%- endmacro %}

{# Of all events, in an incremental build: the keys of new files, and those that moved before and of which a version came or went. #}
{% macro where_event_may_have_moved() -%}
    {%- set moved = adapter.get_relation(this.database, this.schema, 'int_activity__moved_events') -%}
    {%- if moved is not none and not is_rebuilt_whole() -%}
        where key_hash in (
            select key_hash from {{ ref('stg_events__new_event_keys') }}
            union all
            select key_hash from {{ moved }}
            where business_date in ({{ touched_event_dates() }}) or moved_to in ({{ touched_event_dates() }})
        )
    {%- endif -%}
{%- endmacro %}

{% macro touched_activity_mart_dates() -%}
    select business_date from control.touched where domain in ('activity', 'activity_mart')
{%- endmacro %}

{#
    The days on which the members of a change were active, whether under their old key or the new one. `only_scopes`: they are who they
    were, and count in other scopes, where they are active as members: no day before their first one is looked at, none of who never was,
    and no event of a funnel, which has no scope yet.
#}
{% macro _days_of_members(changed, key_columns, only_scopes=false) -%}
    {%- set first_active = adapter.get_relation(this.database, 'intermediate', 'int_activity__first_active') if only_scopes %}
    with changed_keys as (
        {%- for column in key_columns %}
        select {{ column }} as member_key from {{ changed }} as changed
        {%- if not loop.last %} union {% endif -%}
        {%- endfor %}
    )
    {%- for table, domain, date in [
        ('int_activity__member_day', 'activity', 'business_date'),
        ('int_activity__member_day_event_type', 'activity', 'business_date'),
        ('int_funnels__events', 'activity', 'business_date'),
        ('int_funnels__attempts', 'funnel_mart', 'entry_date'),
    ] %}
    {%- set relation = adapter.get_relation(this.database, 'intermediate', table) %}
    {%- if relation is not none and not (only_scopes and table == 'int_funnels__events') %}
    select '{{ domain }}' as domain, {{ date }} as business_date
    from {{ relation }}
    where
        member_key in (select member_key from changed_keys)
        {%- if first_active and table == 'int_activity__member_day' %}
        and {{ date }} >= (select min(first_active_date) from {{ first_active }} where member_key in (select member_key from changed_keys))
        {%- endif %}
    union all
    {%- endif %}
    {%- endfor %}
    select 'activity' as domain, cast(null as date) as business_date
{%- endmacro %}

{# A merge or an unlink re-attributes all history of the ids it concerns. #}
{% macro identity_touches(old, new) -%}
    {{ _days_of_members(changed_rows(old, new), ['native_id', 'member_key']) }}
{%- endmacro %}

{# Who is found to be staff, or gets another channel, counts elsewhere on every day of their activity. #}
{% macro member_touches(old, new) -%}
    {{ _days_of_members(changed_rows(old, new), ['member_key']) }}
{%- endmacro %}

{% macro moved_event_touches(old, new) -%}
    select 'activity' as domain, business_date from {{ changed_rows(old, new) }} as changed
{%- endmacro %}

{# A presence that began, ended or was corrected changes who is present from there on; where only its end moved, between the two ends. #}
{% macro presence_touches(old, new) -%}
    with pairs as (
        select
            coalesce(before.start_date, after.start_date) as start_date,
            before.start_date is not null and after.start_date is not null as is_kept,
            coalesce(before.count_until, date '9999-12-31') as until_before,
            coalesce(after.count_until, date '9999-12-31') as until_after
        from {{ old }} as before
        full outer join {{ new }} as after
            on
                before.scope_type = after.scope_type
                and before.scope_id = after.scope_id
                and before.member_key = after.member_key
                and before.started_at = after.started_at
    ),

    ranges as (
        select distinct
            case when is_kept then least(until_before, until_after) else start_date end as first_date,
            case when is_kept then greatest(until_before, until_after) else greatest(until_before, until_after) end as last_date
        from pairs
        where not is_kept or until_before <> until_after
    )

    select distinct 'activity_mart' as domain, dates.business_date
    from ranges
    inner join {{ adapter.get_relation(this.database, 'intermediate', 'int_calendar__dates') }} as dates
        on dates.business_date between ranges.first_date and ranges.last_date
    where dates.business_date <= (select max(observed_until) from control.observed)
    {%- for column in ['start_date', 'end_date', 'count_until'] %}
    union
    select 'membership' as domain, {{ column }} as business_date from {{ changed_rows(old, new) }} as changed
    {%- endfor %}
{%- endmacro %}

{# The stock of a day is the denominator of that day's active rate. #}
{% macro membership_day_touches(old, new) -%}
    select distinct 'activity_mart' as domain, business_date from {{ changed_rows(old, new) }} as changed
{%- endmacro %}

{# Who is active on a touched date, or was first active on one: only their first date can be another one now. #}
{% macro members_of_touched_dates() -%}
    select member_key
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_activity__member_day') }}
    where business_date in ({{ touched_activity_dates() }})
    union
    select member_key
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_activity__first_active') }}
    where first_active_date in ({{ touched_activity_dates() }})
{%- endmacro %}

{# The earliest touched date on which somebody was first active, as a date for SQL; past all dates where there is none. #}
{% macro earliest_touched_first_date() -%}
    {%- if not execute -%}{{ return("date '0001-01-01'") }}{%- endif -%}
    {%- set query -%}
        select coalesce(min(first_active_date), date '9999-12-31')
        from {{ adapter.get_relation(this.database, 'intermediate', 'int_activity__first_active') }}
        where first_active_date in ({{ touched_activity_dates() }})
    {%- endset -%}
    {{ return("date '" ~ run_query(query).rows[0][0] ~ "'") }}
{%- endmacro %}

{# Whose first activity, presence or record has changed. #}
{% macro members_seen_anew() -%}
    select member_key from control.touched_members where domain in ('first_active', 'presence', 'record')
{%- endmacro %}

{#
    A member's first date decides whether they are new or resurrected: the periods of the old and of the new one are rebuilt, where they were
    active in that period, too. Who was seen long before they were ever active is new in none.
#}
{# Whether they have ever been active changes at the end of every day from the earlier first activity to the later one, or to today. #}
{% macro first_seen_touches(old, new) -%}
    with changed as (
        select * from {{ changed_rows(old, new) }} as rows_of_either
    ),

    ranges as (
        select distinct
            min(first_active_date) as first_date,
            case when count(*) = 1 then date '9999-12-31' else {{ add_days('max(first_active_date)', -1) }} end as last_date
        from changed
        group by scope_type, scope_id, member_key
    )

    select 'lifecycle_' || grains.period_grain as domain, changed.first_seen_date as business_date
    from changed
    cross join {{ grains() }} as grains (period_grain)
    where
        {{ period_start('changed.first_seen_date', 'grains.period_grain') }}
        = {{ period_start('changed.first_active_date', 'grains.period_grain') }}
    union all
    select distinct 'segments' as domain, dates.business_date
    from ranges
    inner join {{ adapter.get_relation(this.database, 'intermediate', 'int_calendar__dates') }} as dates
        on dates.business_date between ranges.first_date and ranges.last_date
    where dates.business_date <= (select max(observed_until) from control.observed)
{%- endmacro %}

{# Days that a scope gained or lost at either end of its known range. #}
{% macro scope_dates_touches(old, new) -%}
    with pairs as (
        select
            before.first_date as first_before,
            before.last_date as last_before,
            after.first_date as first_after,
            after.last_date as last_after
        from (select * from {{ old }} where domain = 'activity') as before
        full outer join (select * from {{ new }} where domain = 'activity') as after
            on before.scope_type = after.scope_type and before.scope_id = after.scope_id
    ),

    ranges as (
        select coalesce(first_before, first_after) as first_date, coalesce(last_before, last_after) as last_date
        from pairs
        where first_before is null or first_after is null
        union
        select least(first_before, first_after) as first_date, {{ add_days('greatest(first_before, first_after)', -1) }} as last_date
        from pairs
        where first_before <> first_after
        union
        select {{ add_days('least(last_before, last_after)', 1) }} as first_date, greatest(last_before, last_after) as last_date
        from pairs
        where last_before <> last_after
    )

    select distinct 'activity_mart' as domain, dates.business_date
    from ranges
    inner join {{ adapter.get_relation(this.database, 'intermediate', 'int_calendar__dates') }} as dates
        on dates.business_date between ranges.first_date and ranges.last_date
{%- endmacro %}

{# The months that hold a touched date of activity. #}
{% macro touched_blocks() -%}
    select distinct {{ month_start('business_date') }} as block_start
    from control.touched
    where domain = 'activity'
{%- endmacro %}

{# Whose member-days are others than in the release. #}
{% macro members_of_changed_activity() -%}
    select member_key from control.touched_members where domain = 'activity'
{%- endmacro %}

{#
    The touched dates, and those within 61 days of one on which a member of a change was active: since when somebody was away is told on
    the day of their return, from the first day of the month before on.
#}
{% macro dates_of_changed_absences() -%}
    {%- set reached -%}
        select distinct dates.business_date
        from control.touched as touched
        inner join {{ adapter.get_relation(this.database, 'intermediate', 'int_calendar__dates') }} as dates
            on touched.business_date < dates.business_date and dates.business_date <= {{ add_days('touched.business_date', 61) }}
        where touched.domain = 'activity'
    {%- endset -%}
    {{ touched_activity_dates() }}
    union
    select business_date
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_activity__member_day') }}
    where {{ is_one_of_dates('business_date', reached) }} and member_key in ({{ members_of_changed_activity() }})
{%- endmacro %}

{# Daily activity rows reach 29 days forward: the longest trailing window ends on d + 29. #}
{% macro affected_activity_dates() -%}
    select distinct business_date
    from (
        select dates.business_date
        from control.touched as touched
        inner join {{ adapter.get_relation(this.database, 'intermediate', 'int_calendar__dates') }} as dates
            on dates.business_date between touched.business_date and {{ add_days('touched.business_date', 29) }}
        where touched.domain = 'activity'
        union all
        select business_date from control.touched where domain = 'activity_mart'
    ) as reached
{%- endmacro %}

{# The periods of touched dates and the ones after them, where a member's activity decides between retained, resurrected and dormant. #}
{% macro affected_lifecycle_periods() -%}
    select distinct period_grain, {{ add_periods('period_start', 'period_grain', 'step') }} as period_start
    from (
        select grains.period_grain, {{ period_start('touched.business_date', 'grains.period_grain') }} as period_start
        from control.touched as touched
        cross join {{ grains() }} as grains (period_grain)
        where touched.domain in ('activity', 'activity_mart', 'lifecycle_' || grains.period_grain)
    ) as touched_periods
    cross join (values (0), (1)) as steps (step)
{%- endmacro %}

{#
    Whether a date lies between the two that a relation has: told as literals, which the engine asks of the stored rows themselves, before
    unions and joins. Else a day would read the whole history. Nothing where the relation has none, or while the project is parsed.
#}
{% macro lies_between(column, first, last, relation) -%}
    {%- set bounds = run_query('select ' ~ first ~ ', ' ~ last ~ ' from ' ~ relation).rows[0] if execute -%}
    {{ return(column ~ " between date '" ~ bounds[0] ~ "' and date '" ~ bounds[1] ~ "'" if bounds and bounds[0] else '') }}
{%- endmacro %}

{# Whether a date is one of those that a query selects, and so lies between the first and the last of them. #}
{% macro is_one_of_dates(column, dates) -%}
    {%- set between = lies_between(column, 'min(business_date)', 'max(business_date)', '(' ~ dates ~ ') as dates') -%}
    {{ between ~ ' and ' if between }}{{ column }} in ({{ dates }})
{%- endmacro %}

{# The same of the dates recorded for this build. #}
{% macro is_rebuilt_date(column) -%}
    {%- if execute and adapter.get_relation(this.database, 'intermediate', 'int_activity__rebuilt_dates') -%}
    {{ is_one_of_dates(column, rebuilt_activity_dates()) }}
    {%- else -%}
    {{ column }} in (select business_date from {{ ref('int_activity__rebuilt_dates') }})
    {%- endif -%}
{%- endmacro %}

{# The dates recorded for this build, as a table that the daily activity models share. #}
{% macro rebuilt_activity_dates() -%}
    select business_date from {{ adapter.get_relation(this.database, 'intermediate', 'int_activity__rebuilt_dates') }}
{%- endmacro %}

{% macro rebuilt_periods() -%}
    select period_grain, period_start from {{ adapter.get_relation(this.database, 'intermediate', 'int_activity__rebuilt_periods') }}
{%- endmacro %}

{# The windows of declared stickiness that hold a touched date; a fixed range is one window. #}
{% macro affected_stickiness_windows() -%}
    select window_grain, window_start
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_stickiness__rebuilt_windows') }}
{%- endmacro %}

{# Whether a date lies in the span of these windows: a day would read the whole history to find the days of a month. #}
{% macro lies_in_rebuilt_windows(column) -%}
    {%- set windows = adapter.get_relation(this.database, 'intermediate', 'int_stickiness__rebuilt_windows') if execute -%}
    {{ (lies_between(column, 'min(window_start)', 'max(window_end)', windows) if windows) or column ~ ' is not null' }}
{%- endmacro %}

{# The periods of every grain that hold a date which some change of activity, membership or knowledge has touched. #}
{% macro touched_periods() -%}
    select distinct grains.period_grain, {{ period_start('touched.business_date', 'grains.period_grain') }} as period_start
    from control.touched as touched
    cross join {{ grains() }} as grains (period_grain)
    where touched.domain in ('activity', 'activity_mart', 'lifecycle_' || grains.period_grain, 'observed')
{%- endmacro %}

{% macro rebuilt_cohorts() -%}
    select definition, period_grain, cohort_start
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_retention__rebuilt_cohorts') }}
{%- endmacro %}

{# The cohorts that the mart has from the build before. #}
{% macro cohorts_before() -%}
    select distinct definition, period_grain, cohort_start
    from {{ adapter.get_relation(this.database, 'marts', 'mart_retention') }}
{%- endmacro %}

{# What is known begins or ends elsewhere: the days in between. #}
{% macro observed_touches(old, new) -%}
    with pairs as (
        select
            before.observed_from as from_before,
            before.observed_until as until_before,
            after.observed_from as from_after,
            after.observed_until as until_after
        from {{ old }} as before
        full outer join {{ new }} as after
            on before.domain = after.domain and before.scope_type = after.scope_type and before.scope_id = after.scope_id
    ),

    ranges as (
        select coalesce(from_before, from_after) as first_date, coalesce(until_before, until_after) as last_date
        from pairs
        where from_before is null or from_after is null
        union
        select least(from_before, from_after) as first_date, greatest(from_before, from_after) as last_date
        from pairs
        where from_before <> from_after
        union
        select {{ add_days('least(until_before, until_after)', 1) }} as first_date, greatest(until_before, until_after) as last_date
        from pairs
        where until_before <> until_after
    )

    select distinct 'observed' as domain, dates.business_date
    from ranges
    inner join {{ adapter.get_relation(this.database, 'intermediate', 'int_calendar__dates') }} as dates
        on dates.business_date between ranges.first_date and ranges.last_date
    union all
    -- A scope of which something is known for the first time, or nothing any more.
    select 'observed_scope' as domain, coalesce(until_before, until_after) as business_date
    from pairs
    where from_before is null or from_after is null
{%- endmacro %}
