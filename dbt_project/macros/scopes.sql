{#
    How far a scope is known: a community as far as its platform, a channel as far as everything. The two expressions are the
    key under which `int_status__observed` holds that.
#}
{% macro observed_scope_type(scope_type) -%}
    case {{ scope_type }} when 'platform' then 'platform' when 'community' then 'platform' else 'all' end
{%- endmacro %}

{% macro observed_scope_id(scope_type, scope_id) -%}
    case {{ scope_type }} when 'platform' then {{ scope_id }} when 'community' then split_part({{ scope_id }}, ':', 1) else 'all' end
{%- endmacro %}

{# The newest value before this row that was reported at all: a file lacking a column does not make a counter unknown. #}
{% macro previous_known(column, partition, order) -%}
    {{ adapter.dispatch('previous_known')(column, partition, order) }}
{%- endmacro %}
{% macro default__previous_known(column, partition, order) -%}
    last_value({{ column }} ignore nulls) over (
        partition by {{ partition }} order by {{ order }} rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}
