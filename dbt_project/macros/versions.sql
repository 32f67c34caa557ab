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
    _row_no as row_no
{%- endmacro %}

{#
    What tells whether two versions of a row say the same: a hash of everything that was delivered but when it was last changed. It
    is compared within one query and never kept.
#}
{% macro content_fingerprint(source_name, stream) -%}
    {{ row_fingerprint(content_columns(source_name, stream)) }}
{%- endmacro %}

{# Whether the versions of a row differ in what they say. #}
{% macro is_restated(key) -%}
    min(content_fingerprint) over (partition by {{ key }}) <> max(content_fingerprint) over (partition by {{ key }})
{%- endmacro %}

{#
    What finds an event on other dates. Equal for few different keys, if any: what it finds is compared by the key itself. The id
    counts in both directions: DuckDB's hash alone is equal for one in ten of a million ids like 20260105-0000001.
#}
{% macro event_key_hash() -%}
    {{ row_fingerprint(['platform', "coalesce(account_id, '')", 'event_id', reversed_text('event_id')]) }}
{%- endmacro %}

{% macro community_key(platform, account_id, community_id) -%}
    {{ platform }} || ':' || coalesce({{ account_id }}, '') || ':' || {{ community_id }}
{%- endmacro %}
