{#
    The lake as a relation: exactly the files that are in force (ingested, not held, not withdrawn), listed by the pipeline in
    `control.lake_files`. With `touched`, only the files of the dates that this build must rebuild in that domain: what keeps
    the cost of a day independent of the history. With `new_only`, only the files that no published release contains yet.
#}
{% macro lake(source_name, stream, touched=none, new_only=false) -%}
    {{ adapter.dispatch('lake')(source_name, stream, touched, new_only) }}
{%- endmacro %}

{% macro default__lake(source_name, stream, touched, new_only) -%}
    {%- if not execute -%}
        read_parquet([])
    {%- else -%}
        {%- set root = setting('lake', '') -%}
        {%- set query -%}
            select path from control.lake_files
            where source = '{{ source_name }}' and stream = '{{ stream }}'
            {% if touched and not flags.FULL_REFRESH %}
            and business_date in (select business_date from control.touched where domain = '{{ touched }}')
            {% endif %}
            {% if new_only %}
            and is_new
            {% endif %}
            order by business_date, path
        {%- endset -%}
        {#- The empty file with the stream's columns makes a stream without files an empty relation. -#}
        read_parquet(
            [
                '{{ root }}/{{ source_name }}/{{ stream }}/schema.parquet'
                {%- for row in run_query(query).rows %},
                '{{ root }}/{{ row[0] | replace("'", "''") }}'
                {%- endfor %}
            ],
            hive_partitioning = false
        )
    {%- endif -%}
{%- endmacro %}
