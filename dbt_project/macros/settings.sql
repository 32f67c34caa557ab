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
