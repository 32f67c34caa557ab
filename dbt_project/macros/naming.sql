{# Schemas are named plainly (`marts`, not `main_marts`): readers and BI tools depend on the name. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
