{#
    Four incremental strategies carry the law "any order of arrival gives the tables of one full rebuild".

    replace_partitions: rebuilds whole partitions. The model declares `partition_columns` and `affected`, the name of a macro
    that selects the partitions to rebuild; it selects their new rows itself, and what it selects beside them is left out (a work
    table holds more when another model is rebuilt whole). A partition that became empty becomes empty. With `affected_members`, the name
    of a macro that selects member_key, only the rows of these are rebuilt in them.

    replace_members: rebuilds the rows of members. The model declares `affected`, the name of a macro that selects the member_key of
    those to rebuild (its own column is called otherwise in `member_column`); it selects their new rows itself. `unless` names a macro
    that tells of news that reach any member: then all are rebuilt.

    With `totals`, the strategy replace_members keeps counts over all rows beside them: what the replaced rows change is added to another
    model, in the same transaction; it is told of the rows that differ or, where the `counts` are of `members`, of all rows of whom these
    are. That model has the strategy kept_totals: it counts all rows once, and then stays as it is.

    replace_member_dates: rebuilds the rows of members on some of their dates. The model declares `affected`, the name of a macro that
    selects these members (by `member_columns`) with the first and the last date; it selects their new rows itself.

    replace_changed: for small tables that are computed whole each time, or, with `streams`, when one of these (`source.stream`) has
    news.

    What the difference between old and new rows reaches is recorded in the transaction that replaces them, so that a crash forgets
    nothing, and stays recorded until a release has published it: `touches` names a macro that gets the old and the new relation and
    selects (domain, business_date) for `control.touched`; `touches_members` is the domain under which the members of rows that differ
    (`member_columns`) go to `control.touched_members`. `touches_member_dates` says, by domain, in which column rows that differ have
    the date that goes to `control.touched_member_dates` with their member: what a member did on it is no longer what it was.
#}
{% macro get_incremental_replace_partitions_sql(arg_dict) -%}
    {%- set columns = config.require('partition_columns') | join(', ') -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set names = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set are_affected = "(" ~ columns ~ ") in (select " ~ columns ~ " from (" ~ context[config.require('affected')]() ~ ") as affected)" -%}
    {%- if config.get('affected_members') -%}
        {%- set are_affected = are_affected ~ " and member_key in (" ~ context[config.get('affected_members')]() ~ ")" -%}
    {%- endif -%}
    {{ record_touches(
        "(select * from " ~ target ~ " where " ~ are_affected ~ ")",
        "(select * from " ~ arg_dict['temp_relation'] ~ " where " ~ are_affected ~ ")",
        names
    ) }}
    delete from {{ target }} where {{ are_affected }};
    insert into {{ target }} ({{ names }})
    select {{ names }} from {{ arg_dict['temp_relation'] }} where {{ are_affected }};
    {{ forget_differences() }}
{%- endmacro %}

{% macro get_incremental_replace_members_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set temporary = arg_dict['temp_relation'] -%}
    {%- set names = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set column = config.get('member_column', 'member_key') -%}
    {#- Looked up once: the table holds all members, and what is told of the difference asks for these rows many times. -#}
    {%- call statement('replaced_rows') -%}
        create or replace temporary table replaced_members as
        {%- if rebuilds_some_members() %}
        select distinct member_key from ({{ context[config.require('affected')]() }}) as affected;
        {%- else %}
        select {{ column }} as member_key from {{ target }} union select {{ column }} from {{ temporary }};
        {%- endif %}
        create or replace temporary table replaced_rows as
        select * from {{ target }} where {{ column }} in (select member_key from replaced_members);
    {%- endcall -%}
    {{ record_touches('replaced_rows', temporary, names) }}
    {%- if takes_differences() %}
    {#- Whose rows are what they were keep them. #}
    delete from replaced_members where member_key not in (select {{ column }} from row_differences);
    {%- endif %}
    {{ add_to_totals('replaced_rows', temporary, column) }}
    delete from {{ target }} where {{ column }} in (select member_key from replaced_members);
    insert into {{ target }} ({{ names }})
    select {{ names }} from {{ temporary }} where {{ column }} in (select member_key from replaced_members);
    drop table replaced_members;
    drop table replaced_rows;
    {{ forget_differences() }}
{%- endmacro %}

{% macro get_incremental_replace_member_dates_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set names = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set affected = context[config.require('affected')]() -%}
    {%- set date = 'replaced.' ~ config.require('date_column') -%}
    {#- Told as literals too, so that the engine leaves out what is stored of other dates. -#}
    {%- set bounds = run_query('select min(first_date), max(last_date) from (' ~ affected ~ ') as affected').rows[0] %}
    {%- if bounds[0] %}
    delete from {{ target }} as replaced
    using ({{ affected }}) as affected
    where
        {%- for column in config.require('member_columns') %}
        replaced.{{ column }} = affected.{{ column }} and
        {%- endfor %}
        {{ date }} between affected.first_date and affected.last_date
        and {{ date }} between date '{{ bounds[0] }}' and date '{{ bounds[1] }}';
    {%- endif %}
    insert into {{ target }} ({{ names }}) select {{ names }} from {{ arg_dict['temp_relation'] }};
{%- endmacro %}

{% macro get_incremental_replace_changed_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set temporary = arg_dict['temp_relation'] -%}
    {%- set names = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- if is_as_it_was() -%}
    select 1;
    {%- else -%}
    {{ record_touches(target, temporary, names) }}
    delete from {{ target }};
    insert into {{ target }} ({{ names }}) select {{ names }} from {{ temporary }};
    {{ forget_differences() }}
    {%- endif -%}
{%- endmacro %}

{% macro get_incremental_kept_totals_sql(arg_dict) -%}
    select 1;
{%- endmacro %}

{# Whether a model of the strategy kept_totals stays as it is: those that it counts have told it of every change. #}
{% macro are_totals_kept() -%}
    {{ return(is_incremental() and not is_rebuilt_whole()) }}
{%- endmacro %}

{# Adds to the totals of a model what its new rows say more than its old ones. Where there are none yet, they are counted later. #}
{% macro add_to_totals(old, new, column) -%}
    {%- set totals = config.get('totals') -%}
    {%- set relation = adapter.get_relation(this.database, this.schema, totals['relation']) if totals -%}
    {%- if relation %}
    {%- if totals['counts'] == 'members' -%}
        {%- set are_replaced = 'where ' ~ column ~ ' in (select member_key from replaced_members)' -%}
        {%- set old = '(select * from ' ~ old ~ ' ' ~ are_replaced ~ ')' -%}
        {%- set new = '(select * from ' ~ new ~ ' ' ~ are_replaced ~ ')' -%}
    {%- else -%}
        {%- set old = '(select * from row_differences where side < 0)' -%}
        {%- set new = '(select * from row_differences where side > 0)' -%}
    {%- endif -%}
    {%- set keys = totals['keys'] | join(', ') -%}
    {%- set same_key = [] -%}
    {%- for key in totals['keys'] -%}{%- do same_key.append('kept.' ~ key ~ ' = changed.' ~ key) -%}{%- endfor -%}
    {%- set measures = totals['measures'] | join(', ') %}
    create or replace temporary table changed_totals as
    select
        {{ keys }}
        {%- for measure in totals['measures'] %},
        {{ count_measure('sum(' ~ measure ~ ')') }} as {{ measure }}
        {%- endfor %}
    from (
        select {{ keys }}, {{ measures }} from ({{ context[totals['contributions']](new) }}) as added
        union all
        select {{ keys }}{% for measure in totals['measures'] %}, -{{ measure }}{% endfor %}
        from ({{ context[totals['contributions']](old) }}) as removed
    ) as changes
    group by {{ keys }};
    update {{ relation }} as kept
    set {% for measure in totals['measures'] %}{{ measure }} = kept.{{ measure }} + changed.{{ measure }}{{ ', ' if not loop.last }}{% endfor %}
    from changed_totals as changed where {{ same_key | join(' and ') }};
    insert into {{ relation }} ({{ keys }}, {{ measures }})
    select {{ keys }}, {{ measures }} from changed_totals as changed
    where not exists (select 1 from {{ relation }} as kept where {{ same_key | join(' and ') }});
    delete from {{ relation }} where {% for measure in totals['measures'] %}{{ measure }} = 0{{ ' and ' if not loop.last }}{% endfor %};
    drop table changed_totals;
    {%- endif %}
{%- endmacro %}

{#
    Records what the difference between old and new rows reaches: dates by the macro `touches`, members under the domain `touches_members`,
    dates of members under those of `touches_member_dates`. Where members are told or totals kept, the difference is taken once and all is
    told of it: `row_differences` has the rows that stand on one side only, those of the new side with a positive `side`.
#}
{% macro record_touches(old, new, names) -%}
    {%- if takes_differences() -%}
    {%- call statement('row_differences') -%}
        create or replace temporary table row_differences as
        select {{ names }}, sum(side) as side
        from (
            select {{ names }}, 1 as side from {{ new }} as new_rows
            union all
            select {{ names }}, -1 as side from {{ old }} as old_rows
        ) as rows_of_both
        group by {{ names }}
        having sum(side) <> 0;
    {%- endcall -%}
    {%- set old = '(select ' ~ names ~ ' from row_differences where side < 0)' -%}
    {%- set new = '(select ' ~ names ~ ' from row_differences where side > 0)' -%}
    {%- endif -%}
    {%- if not takes_differences() or run_query('select count(*) from row_differences').rows[0][0] > 0 -%}
    {%- if config.get('touches') %}
    insert into control.touched
    select distinct domain, business_date from ({{ context[config.get('touches')](old, new) }}) as reached
    where business_date is not null
    except select domain, business_date from control.touched;
    {%- endif %}
    {%- if config.get('touches_members') %}
    insert into control.touched_members
    {%- for column in config.get('member_columns', ['member_key']) %}
    {%- if not loop.first %} union {% endif %}
    select distinct '{{ config.get("touches_members") }}' as domain, {{ column }} as member_key from row_differences
    {%- endfor %}
    except select domain, member_key from control.touched_members;
    {%- endif %}
    {%- for domain, column in config.get('touches_member_dates', {}).items() %}
    insert into control.touched_member_dates
    select distinct '{{ domain }}' as domain, member_key, {{ column }} as business_date from row_differences
    except select domain, member_key, business_date from control.touched_member_dates;
    {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{% macro forget_differences() -%}
    {{ 'drop table row_differences;' if takes_differences() }}
{%- endmacro %}

{# Whether a model records whose rows are others than before, or what these change in the totals of another one. #}
{% macro takes_differences() -%}
    {{ return(config.get('touches_members') is not none or config.get('touches_member_dates') is not none or config.get('totals') is not none) }}
{%- endmacro %}

{# Rows that stand in one of two relations but not in the other. #}
{% macro changed_rows(old, new) -%}
    (
        (select * from {{ old }} except all select * from {{ new }})
        union all
        (select * from {{ new }} except all select * from {{ old }})
    )
{%- endmacro %}

{% macro touched_dates(domain) -%}
    select business_date from control.touched where domain = '{{ domain }}'
{%- endmacro %}

{# Whether this build makes the daily activity rows of every date. #}
{% macro rebuilds_everything() -%}
    {{ return(is_rebuilt_whole() or adapter.get_relation(this.database, 'marts', 'mart_activity_daily') is none) }}
{%- endmacro %}

{# Whether this build makes the cells of every cohort. #}
{% macro rebuilds_retention() -%}
    {{ return(is_rebuilt_whole() or adapter.get_relation(this.database, 'marts', 'mart_retention') is none) }}
{%- endmacro %}

{# Whether a model of the strategy replace_members rebuilds some members only. #}
{% macro rebuilds_some_members() -%}
    {%- set all_are_reached = context[config.get('unless')]() if config.get('unless') else false -%}
    {{ return(is_incremental() and not is_rebuilt_whole() and not all_are_reached) }}
{%- endmacro %}

{# Whether a row is of one of the `members` to rebuild (a query); where all are rebuilt, every row is. #}
{% macro is_of_rebuilt_member(members) -%}
    member_key {{ 'in (' ~ members ~ ')' if rebuilds_some_members() else 'is not null' }}
{%- endmacro %}

{# Whether none of the `streams` that a model of the strategy replace_changed is made of has news: its rows stay as they are. #}
{% macro is_as_it_was() -%}
    {{ return(config.get('streams') is not none and is_incremental() and not is_rebuilt_whole() and not has_news(config.get('streams'))) }}
{%- endmacro %}

{# Whether files of some streams (`source.stream`) have come or gone since the last complete build; `only_gone`: whether some have gone. #}
{% macro has_news(streams, only_gone=false) -%}
    {%- if not execute -%}{{ return(true) }}{%- endif -%}
    {%- set query -%}
        select count(*) from control.news
        where source || '.' || stream in ('{{ streams | join("', '") }}') {{ 'and is_gone' if only_gone }}
    {%- endset -%}
    {{ return(run_query(query).rows[0][0] > 0) }}
{%- endmacro %}

{#
    Whether this build makes this model whole, history included: in a full refresh every model, and when a definition has changed
    those that the pipeline lists in `control.refreshed_models` (they keep history that was computed by the old definition, or
    hand all dates to a model that does).
#}
{% macro is_rebuilt_whole(name=none) -%}
    {%- if flags.FULL_REFRESH or not execute -%}
        {{ return(flags.FULL_REFRESH) }}
    {%- endif -%}
    {%- set query = "select count(*) from control.refreshed_models where model = '" ~ (name or model.name) ~ "'" -%}
    {{ return(run_query(query).rows[0][0] > 0) }}
{%- endmacro %}

{# dbt asks this of every incremental model; dbt's own answer knows a refresh of all models or of none. #}
{% macro should_full_refresh() -%}
    {%- set configured = config.get('full_refresh') -%}
    {%- if configured is not none -%}
        {{ return(configured) }}
    {%- endif -%}
    {#- Whose rows are compared tell what follows from a changed definition themselves, as long as they are not thrown away first. -#}
    {{ return(flags.FULL_REFRESH or (is_rebuilt_whole() and config.get('incremental_strategy') != 'replace_members')) }}
{%- endmacro %}
