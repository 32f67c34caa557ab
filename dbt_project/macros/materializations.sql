{#
    How relations come to stand in DuckDB: replaced within the transaction that makes them.

    What dbt does by itself suits databases that change no catalogue within a transaction: make beside, rename twice, commit, drop. In
    DuckDB that is four statements more a model, each with events and a context of its own: a fifth of a small build. What is seen from
    outside is the same: the relation before until the commit, the new one after it, and the one before after an error.
#}
{% materialization view, adapter='duckdb' %}
    {%- set target = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        {{ _drop_as(load_cached_relation(this), target) }}
        {{ get_create_view_as_sql(target, compiled_code) }}
    {%- endcall -%}
    {{ return(_settled(target)) }}
{% endmaterialization %}

{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ _make_whole(target) }}
    {{ return(_settled(target)) }}
{% endmaterialization %}

{#
    Made whole, or brought up to date by the model's strategy from a temporary table of its new rows, which goes with the transaction. A
    changed model makes every table whole (`code_fingerprint`), so that its columns need no care; one whose columns follow from definitions
    says `on_schema_change='sync_all_columns'`.
#}
{% materialization incremental, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if existing is none or not existing.is_table or should_full_refresh() -%}
        {{ _make_whole(target) }}
    {%- else -%}
        {%- set new_rows = make_temp_relation(target) -%}
        {%- call statement('new_rows') -%}
            {{ create_table_as(True, new_rows, compiled_code) }}
        {%- endcall -%}
        {%- if config.get('on_schema_change') == 'sync_all_columns' -%}
            {%- do process_schema_changes('sync_all_columns', new_rows, target) -%}
        {%- endif -%}
        {%- set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy') or 'default') -%}
        {%- call statement('main') -%}
            {{ strategy({
                'target_relation': target,
                'temp_relation': new_rows,
                'unique_key': config.get('unique_key'),
                'dest_columns': adapter.get_columns_in_relation(existing),
                'incremental_predicates': none,
            }) }}
            ; drop table {{ new_rows }};
        {%- endcall -%}
    {%- endif -%}
    {{ return(_settled(target)) }}
{% endmaterialization %}

{% macro _make_whole(target) -%}
    {%- call statement('main') -%}
        {{ _drop_as(load_cached_relation(this), target) }}
        {{ create_table_as(False, target, compiled_code) }}
    {%- endcall -%}
{%- endmacro %}

{# The relation that gives way, in the transaction of the new one. One of another kind goes first, and from dbt's memory too. #}
{% macro _drop_as(existing, target) -%}
    {%- if existing is not none and existing.type != target.type -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- else -%}
        drop {{ target.type }} if exists {{ target }};
    {%- endif -%}
{%- endmacro %}

{% macro _settled(target) -%}
    {%- do persist_docs(target, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{%- endmacro %}
