{#
    The lake as a relation: exactly the files that are in force (ingested, not held, not withdrawn), listed by the pipeline in
    `control.lake_files`. With `touched`, only the files of the dates that this build must rebuild in that domain: what keeps
    the cost of a day independent of the history. With `new_only`, only the files that no published release contains yet; with
    `news_only`, those that no complete build has taken up. With `dates_of`, the name of an intermediate model that is built already,
    only the files of its business dates.
#}
{% macro lake(source_name, stream, touched=none, new_only=false, dates_of=none, news_only=false) -%}
    {{ adapter.dispatch('lake')(source_name, stream, touched, new_only, dates_of, news_only) }}
{%- endmacro %}

{% macro default__lake(source_name, stream, touched, new_only, dates_of, news_only) -%}
    {%- if not execute -%}
        read_parquet([])
    {%- else -%}
        {%- set root = setting('lake', '') -%}
        {%- set query -%}
            select path from control.lake_files
            where source = '{{ source_name }}' and stream = '{{ stream }}'
            {% if touched and not is_rebuilt_whole() %}
            and business_date in (select business_date from control.touched where domain = '{{ touched }}')
            {% endif %}
            {% if new_only %}
            and is_new
            {% endif %}
            {% if news_only %}
            and path in (select path from control.news where not is_gone)
            {% endif %}
            {% if dates_of %}
            and business_date in (select business_date from {{ adapter.get_relation(this.database, 'intermediate', dates_of) }})
            {% endif %}
            order by business_date, path
        {%- endset -%}
        {%- set paths = run_query(query).columns[0].values() -%}
        {#- Small landings share a file. What of it is not in force (withdrawn, held, read anew) is left out by the landed file's sum. -#}
        {%- set idle = run_query("select path, file_sha256 from control.idle_rows").rows | selectattr(0, 'in', paths) | list -%}
        {%- if idle %}(select * exclude (filename) from {% endif %}
        {#- The empty file with the stream's columns makes a stream without files an empty relation. #}
        read_parquet(
            [
                '{{ root }}/{{ source_name }}/{{ stream }}/schema.parquet'
                {%- for path in paths %},
                '{{ root }}/{{ path | replace("'", "''") }}'
                {%- endfor %}
            ],
            hive_partitioning = false{% if idle %}, filename = true{% endif %}
        )
        {%- if idle %}
        where (filename, _file_sha256) not in (
            {%- for row in idle %}
            ('{{ root }}/{{ row[0] | replace("'", "''") }}', '{{ row[1] }}'){{ "," if not loop.last }}
            {%- endfor %}
        )){% endif %}
    {%- endif -%}
{%- endmacro %}

{# The columns of a stream that hold what was delivered: not the pipeline's own, nor when a row was last changed. #}
{% macro content_columns(source_name, stream) -%}
    {%- set names = [] -%}
    {%- if execute -%}
        {%- set schema = setting('lake', '') ~ '/' ~ source_name ~ '/' ~ stream ~ '/schema.parquet' -%}
        {%- for name in run_query("describe select * from read_parquet('" ~ schema ~ "')").columns[0].values() -%}
            {%- if not name.startswith('_') and not name.endswith('_is_derived') and name != 'updated_at' -%}
                {%- do names.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names) }}
{%- endmacro %}
