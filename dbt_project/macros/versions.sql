{#
    Which version of a row wins: the greatest (updated_at, snapshot_at, file sha256, row number), a row without `updated_at`
    being older than any with one. Decided by the data's own time, never by who ran first.
#}
{% macro version_rank(key) -%}
    row_number() over (
        partition by {{ key }}
        order by updated_at desc nulls last, snapshot_at desc, file_sha256 desc, row_no desc
    )
{%- endmacro %}

{# The technical columns that every staging model carries along until the winning version is known. #}
{% macro version_columns() -%}
    {{ instant('_snapshot_at') }} as snapshot_at,
    _file_sha256 as file_sha256,
    _row_no as row_no,
    _row_hash as row_hash
{%- endmacro %}

{% macro community_key(platform, account_id, community_id) -%}
    {{ platform }} || ':' || coalesce({{ account_id }}, '') || ':' || {{ community_id }}
{%- endmacro %}
