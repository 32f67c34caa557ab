{#
    A table of a whole history is written in pieces of some dates each, so that its memory is that of a piece: a hundred million events are
    more than a machine of a community team holds at once. A model may ask for it if its rows have a date and no row depends on rows of
    another date: `made_in_pieces` names the macro that tells the pieces. It says where it reads its inputs: `where {{ in_this_piece() }}`.
#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
    {%- set pieces = context[config.get('made_in_pieces')]() if config.get('made_in_pieces') else [] -%}
    {%- if pieces | length < 2 -%}
        {{ dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by) }}
    {%- else -%}
        {%- set target = relation.include(database=(not temporary), schema=(not temporary)) -%}
        create {% if temporary %}temporary {% endif %}table {{ target }} as select * from ({{ compiled_code }}) as model where false;
        {%- if _all_dates() not in compiled_code -%}
            {{ exceptions.raise_compiler_error(this.identifier ~ ' is made in pieces and does not say where: in_this_piece()') }}
        {%- endif -%}
        {%- for bounds in pieces %}
        insert into {{ target }} select * from ({{ compiled_code | replace(_all_dates(), bounds) }}) as model;
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{# The condition by which a piece reads its own dates of an input only. Holds for all dates where no pieces are made. #}
{% macro in_this_piece(column='business_date') -%}
    {{ column }} between {{ _all_dates() }}
{%- endmacro %}

{% macro _all_dates() -%}
    date '0001-01-01' and date '9999-12-31'
{%- endmacro %}

{#
    The first and the last date of each piece; together they are all dates. A piece ends with the date with which the delivered rows of
    events that this build reads pass ten million: telling those apart by key takes about 2 GB.
#}
{% macro pieces_of_events() -%}
    {%- set query -%}
        select business_date, {{ add_days('business_date', 1) }} as next_date, sum(landed_rows) as number
        from control.lake_files
        where
            (source, stream) in (('events', 'events'), ('chat_export', 'messages'), ('chat_export', 'reactions'))
            {% if not is_rebuilt_whole() %}
            and business_date in ({{ touched_activity_dates() }})
            {% endif %}
        group by business_date
        order by business_date
    {%- endset -%}
    {{ return(_pieces(query)) }}
{%- endmacro %}

{# The same of the ends of periods, at each of which everybody present is looked at. #}
{% macro pieces_of_segments() -%}
    {%- set query -%}
        select ends.as_of_date, {{ add_days('ends.as_of_date', 1) }} as next_date, presences.number
        from (select distinct as_of_date from {{ ref('int_segments__rebuilt_periods') }}) as ends
        cross join (select count(*) as number from {{ ref('int_membership__presence') }}) as presences
        order by ends.as_of_date
    {%- endset -%}
    {{ return(_pieces(query)) }}
{%- endmacro %}

{% macro _pieces(query) -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set rows_a_piece = env_var('COMMUNITY_METRICS_DBT_ROWS_A_PIECE', '10000000') | int -%}
    {%- set state = namespace(rows=0, first='0001-01-01') -%}
    {%- set pieces = [] -%}
    {%- for date, next_date, rows in run_query(query).rows -%}
        {%- set state.rows = state.rows + (rows | int) -%}
        {%- if state.rows >= rows_a_piece and not loop.last -%}
            {%- do pieces.append("date '" ~ state.first ~ "' and date '" ~ date ~ "'") -%}
            {%- set state.rows = 0 -%}
            {%- set state.first = next_date -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do pieces.append("date '" ~ state.first ~ "' and date '9999-12-31'") -%}
    {{ return(pieces) }}
{%- endmacro %}
