{#
    The settings that change the meaning of a number (time zone, start of the week) come from `control.settings`, which the
    pipeline writes before dbt starts. Read while a model compiles, not while the project is parsed: a parsed project is
    then the same for every home.
#}
{% macro setting(name, default) -%}
    {%- if not execute -%}
        {{ return(default) }}
    {%- endif -%}
    {%- set rows = run_query("select value from control.settings where name = '" ~ name ~ "'").rows -%}
    {{ return(rows[0][0] if rows | length else default) }}
{%- endmacro %}

{#
    What the database may take in this run, as the pipeline says: a build of whole tables more than a day. Not in the profile, and not
    while the project is parsed: another limit would have all of it parsed anew, seconds of the first day after a full build.
#}
{% macro limit_memory() -%}
    {{ adapter.dispatch('limit_memory')() }}
{%- endmacro %}
{% macro default__limit_memory() -%}
{%- endmacro %}
{% macro duckdb__limit_memory() -%}
    {%- if execute and env_var('COMMUNITY_METRICS_DBT_MEMORY_LIMIT', '') -%}
        set memory_limit = '{{ env_var("COMMUNITY_METRICS_DBT_MEMORY_LIMIT") }}'
    {%- endif -%}
{%- endmacro %}
