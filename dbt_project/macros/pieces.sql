{#
    A table of a whole history is written in pieces of some dates each (`made_in_pieces: true`), so that its memory is that of a piece:
    a hundred million events are more than a machine of a community team holds at once. A model may ask for it if its rows have a
    `business_date` and no row depends on rows of another date: then the engine reads of its inputs only the dates of the piece.
#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
    {%- set pieces = date_pieces() if config.get('made_in_pieces') else [] -%}
    {%- if pieces | length < 2 -%}
        {{ dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by) }}
    {%- else -%}
        {%- set target = relation.include(database=(not temporary), schema=(not temporary)) -%}
        create {% if temporary %}temporary {% endif %}table {{ target }} as select * from ({{ compiled_code }}) as model where false;
        {%- for condition in pieces %}
        insert into {{ target }} select * from ({{ compiled_code }}) as model where {{ condition }};
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{#
    Conditions on `business_date`, one a piece, that together hold for every date. A piece ends with the date with which the delivered
    rows of events that this build reads pass ten million: telling those apart by key takes about 2 GB.
#}
{% macro date_pieces() -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set query -%}
        select business_date, sum(landed_rows) as landed_rows
        from control.lake_files
        where
            (source, stream) in (('events', 'events'), ('chat_export', 'messages'), ('chat_export', 'reactions'))
            {% if not is_rebuilt_whole() %}
            and business_date in ({{ touched_activity_dates() }})
            {% endif %}
        group by business_date
        order by business_date
    {%- endset -%}
    {%- set rows_a_piece = env_var('COMMUNITY_METRICS_DBT_ROWS_A_PIECE', '10000000') | int -%}
    {%- set state = namespace(rows=0, after=none) -%}
    {%- set conditions = [] -%}
    {%- for row in run_query(query).rows -%}
        {%- set state.rows = state.rows + (row[1] | int) -%}
        {%- if state.rows >= rows_a_piece and not loop.last -%}
            {%- do conditions.append(_between_dates(state.after, row[0])) -%}
            {%- set state.rows = 0 -%}
            {%- set state.after = row[0] -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do conditions.append(_between_dates(state.after, none)) -%}
    {{ return(conditions) }}
{%- endmacro %}

{% macro _between_dates(after, until) -%}
    {%- set bounds = [] -%}
    {%- if after is not none -%}{%- do bounds.append("business_date > date '" ~ after ~ "'") -%}{%- endif -%}
    {%- if until is not none -%}{%- do bounds.append("business_date <= date '" ~ until ~ "'") -%}{%- endif -%}
    {{ return(bounds | join(' and ') or 'true') }}
{%- endmacro %}
