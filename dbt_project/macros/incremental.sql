{#
    Two incremental strategies carry the law "any order of arrival gives the tables of one full rebuild".

    replace_partitions: rebuilds whole partitions. The model declares `partition_columns` and `affected`, the name of a macro
    that selects the partitions to rebuild; it selects their new rows itself, and what it selects beside them is left out (a work
    table holds more when another model is rebuilt whole). A partition that became empty becomes empty.

    replace_changed: for small tables that are computed whole each time. The model declares `touches`, the name of a macro that
    gets the old and the new relation and selects (domain, business_date) of everything that the difference reaches; the dates
    are recorded in `control.touched` in the same transaction that replaces the table, so that a crash forgets nothing.
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

{% macro get_incremental_replace_changed_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set temporary = arg_dict['temp_relation'] -%}
    {%- set names = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    insert into control.touched (domain, business_date)
    select distinct domain, business_date from ({{ context[config.require('touches')](target, temporary) }})
    where business_date is not null
    except select domain, business_date from control.touched;
    delete from {{ target }};
    insert into {{ target }} ({{ names }}) select {{ names }} from {{ temporary }};
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
    {{ return(is_rebuilt_whole() if configured is none else configured) }}
{%- endmacro %}
