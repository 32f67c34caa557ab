{#
    The one shape of staging: typed columns of a lake stream, one row per key, the newest version of each.

    `columns`: name -> text, identifier, integer, double, money, instant, boolean or date; `key`: names, of which `platform`, `account_id`
    and `business_date` need no type. `is_mapped`: the stream has `updated_at` and `is_deleted`. `is_merged`: exports that
    each hold some of the columns complete one another: of every column the newest version that states it, so that a file
    without a column takes nothing away. `only`: a condition on the key, for a build that needs some keys only.
#}
{% macro newest_rows(source_name, stream, key, columns, is_mapped=false, is_merged=false, only=none) -%}
    {%- set given = ['platform', 'account_id', 'business_date'] -%}
    {%- set partition = key | join(', ') -%}
    {%- set stated = columns | list | reject('in', key) | list -%}
    with versions as (
        select
            platform,
            coalesce(account_id, '') as account_id,
            cast(_period_date as date) as business_date,
            {%- for name, kind in columns.items() if name not in given %}
            {{ typed_column(name, kind) }} as {{ name }},
            {%- endfor %}
            {{ instant('updated_at') if is_mapped else 'cast(null as timestamp)' }} as updated_at,
            {{ "coalesce(is_deleted, 'false') = 'true'" if is_mapped else 'false' }} as is_deleted,
            {%- if not is_merged %}
            {{ content_fingerprint(source_name, stream) }} as content_fingerprint,
            {%- endif %}
            {{ version_columns() }}
        from {{ lake(source_name, stream) }}
        {%- if only %}
        where {{ only }}
        {%- endif %}
    ),

    ranked as (
        select
            {%- if is_merged %}
            {%- for name in (given + key) | unique %}
            {{ name }},
            {%- endfor %}
            {%- for name in stated if name not in given %}
            {{ newest_stated(name, partition) }} as {{ name }},
            {%- endfor %}
            is_deleted,
            {%- else %}
            *,
            {%- endif %}
            {{ version_rank(partition) }} as version_rank,
            {%- if is_merged %}
            -- Another file with other columns completes a row. One that states a column otherwise restates it.
            {% for name in stated if name not in given -%}
            coalesce(min({{ name }}) over (partition by {{ partition }}) <> max({{ name }}) over (partition by {{ partition }}), false)
            {{- ' or ' if not loop.last }}
            {% endfor -%}
            as is_restated
            {%- else %}
            {{ is_restated(partition) }} as is_restated
            {%- endif %}
        from versions
    )

    select
        {%- for name in (['platform', 'account_id'] + key + stated) | unique if name != 'business_date' %}
        {{ name }},
        {%- endfor %}
        business_date,
        is_restated
    from ranked
    where version_rank = 1 and not is_deleted
{%- endmacro %}

{# A canonical lake text as its type. #}
{% macro typed_column(name, kind) -%}
    {%- if kind == 'text' -%} {{ name }}
    {%- elif kind == 'identifier' -%} {{ identifier(name) }}
    {%- elif kind == 'integer' -%} cast({{ name }} as bigint)
    {%- elif kind == 'double' -%} {{ double(name) }}
    {%- elif kind == 'money' -%} {{ money(name) }}
    {%- elif kind == 'instant' -%} {{ instant(name) }}
    {%- elif kind == 'boolean' -%} {{ name }} = 'true'
    {%- elif kind == 'date' -%} cast({{ name }} as date)
    {%- else -%} {{ exceptions.raise_compiler_error(name ~ ' has no kind ' ~ kind) }}
    {%- endif -%}
{%- endmacro %}

{# The newest version of a column that is stated at all. #}
{% macro newest_stated(name, partition) -%}
    {{ first_known(name, partition, 'updated_at desc nulls last, snapshot_at desc, file_sha256 desc, row_no desc') }}
{%- endmacro %}
