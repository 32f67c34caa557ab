{#
    A UTM value in the one spelling that values are compared in: decoded twice (links are often built from links), trimmed,
    lower case. What tools write for "none" is NULL.
#}
{% macro utm_value(column) -%}
    {%- set spelled = "lower(trim(" ~ url_decoded(url_decoded(column)) ~ "))" -%}
    case
        when {{ spelled }} not in ('', '(not set)', '(none)', '(direct)', 'null', 'none', 'undefined', '-') then {{ spelled }}
    end
{%- endmacro %}
