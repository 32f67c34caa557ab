{#
    Three incremental strategies carry the law "any order of arrival gives the tables of one full rebuild".

    replace_partitions: rebuilds whole partitions. The model declares `partition_columns` and `affected`, the name of a macro
    that selects the partitions to rebuild; it selects their new rows itself, and what it selects beside them is left out (a work
    table holds more when another model is rebuilt whole). A partition that became empty becomes empty.

    replace_members: rebuilds the rows of members. The model declares `affected`, the name of a macro that selects the member_key of
    those to rebuild; it selects their new rows itself.

    replace_changed: for small tables that are computed whole each time.

    What the difference between old and new rows reaches is recorded in the transaction that replaces them, so that a crash forgets
    nothing, and stays recorded until a release has published it: `touches` names a macro that gets the old and the new relation and
    selects (domain, business_date) for `control.touched`; `touches_members` is the domain under which the members of rows that differ
    (`member_columns`) go to `control.touched_members`.
#}
{% macro get_incremental_replace_partitions_sql(arg_dict) -%}
    {%- set columns = config.require('partition_columns') | join(', ') -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set names = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ target }} where ({{ columns }}) in (select {{ columns }} from ({{ context[config.require('affected')]() }}));
    insert into {{ target }} ({{ names }})
    select {{ names }} from {{ arg_dict['temp_relation'] }}
    where ({{ columns }}) in (select {{ columns }} from ({{ context[config.require('affected')]() }}));
{%- endmacro %}

{% macro get_incremental_replace_members_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set temporary = arg_dict['temp_relation'] -%}
    {%- set names = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    create or replace temporary table replaced_members as
    {%- if is_rebuilt_whole() %}
    select member_key from {{ target }} union select member_key from {{ temporary }};
    {%- else %}
    select distinct member_key from ({{ context[config.require('affected')]() }}) as affected;
    {%- endif %}
    {{ record_touches("(select * from " ~ target ~ " where member_key in (select member_key from replaced_members))", temporary) }}
    delete from {{ target }} where member_key in (select member_key from replaced_members);
    insert into {{ target }} ({{ names }}) select {{ names }} from {{ temporary }};
    drop table replaced_members;
{%- endmacro %}

{% macro get_incremental_replace_changed_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set temporary = arg_dict['temp_relation'] -%}
    {%- set names = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {{ record_touches(target, temporary) }}
    delete from {{ target }};
    insert into {{ target }} ({{ names }}) select {{ names }} from {{ temporary }};
{%- endmacro %}

{# Records what the difference between old and new rows reaches: dates by the macro `touches`, members under the domain `touches_members`. #}
{% macro record_touches(old, new) -%}
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
    select distinct '{{ config.get("touches_members") }}' as domain, {{ column }} as member_key from {{ changed_rows(old, new) }} as changed
    {%- endfor %}
    except select domain, member_key from control.touched_members;
    {%- endif %}
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
    {{ return(is_incremental() and not is_rebuilt_whole()) }}
{%- endmacro %}

{#
    Whether this build makes this model whole, history included: in a full refresh every model, and when a definition has changed
    those that the pipeline lists in `control.refreshed_models` (they keep history that was computed by the old definition, or
    hand all dates to a model that does).
#}
{% macro is_rebuilt_whole() -%}
    {%- if flags.FULL_REFRESH or not execute -%}
        {{ return(flags.FULL_REFRESH) }}
    {%- endif -%}
    {{ return(run_query("select count(*) from control.refreshed_models where model = '" ~ model.name ~ "'").rows[0][0] > 0) }}
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
