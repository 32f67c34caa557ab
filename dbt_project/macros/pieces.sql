{#
    A table of a whole history is written in pieces of some dates each, so that its memory is that of a piece: a hundred million events are
    more than a machine of a community team holds at once. A model may ask for it if no row depends on what another piece reads, or if who
    reads it adds up the rows of all: `made_in_pieces` names the macro that tells the pieces. It says where it reads its inputs:
    `where {{ in_this_piece() }}`.
#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
    {%- set pieces = context[config.get('made_in_pieces')]() if config.get('made_in_pieces') else [] -%}
    {%- if pieces | length < 2 -%}
        {{ dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by) }}
    {%- else -%}
        {%- set target = relation.include(database=(not temporary), schema=(not temporary)) -%}
        create {% if temporary %}temporary {% endif %}table {{ target }} as select * from ({{ compiled_code }}) as model where false;
        {%- if in_this_piece() not in compiled_code -%}
            {{ exceptions.raise_compiler_error(this.identifier ~ ' is made in pieces and does not say where: in_this_piece()') }}
        {%- endif -%}
        {%- for condition in pieces %}
        insert into {{ target }} select * from ({{ compiled_code | replace(in_this_piece(), condition) }}) as model;
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{# The condition by which a piece reads what is its own of an input. Holds for everything where no pieces are made. #}
{% macro in_this_piece() -%}
    (1 = 1)
{%- endmacro %}

{#
    Conditions on `business_date`; together they hold for all dates. A piece ends with the date with which the delivered rows of events that
    this build reads pass ten million: telling those apart by key takes about 2 GB.
#}
{% macro pieces_of_events() -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set query -%}
        select business_date, sum(landed_rows) as number
        from control.lake_files
        where
            {{ _is_of_events() }}
            {% if not is_rebuilt_whole() %}
            and business_date in ({{ touched_activity_dates() }})
            {% endif %}
        group by business_date
        order by business_date
    {%- endset -%}
    {{ return(_spans_of_dates('business_date', run_query(query).rows, _rows_a_piece(10000000))) }}
{%- endmacro %}

{#
    The same on `block_start`, month by month where there are many rows, and of a table made whole only: rows of a month lie together then, and
    whoever asks for a month reads it and no other.
#}
{% macro pieces_of_blocks() -%}
    {%- if not execute or not is_rebuilt_whole() -%}{{ return([]) }}{%- endif -%}
    {%- set query -%}
        select {{ month_start('business_date') }} as block_start, sum(landed_rows) as number
        from control.lake_files
        where {{ _is_of_events() }}
        group by {{ month_start('business_date') }}
        order by block_start
    {%- endset -%}
    {{ return(_spans_of_dates('block_start', run_query(query).rows, _rows_a_piece(1000000))) }}
{%- endmacro %}

{#
    The same on `as_of_date`, of the ends of periods, at each of which everybody present is looked at. Where a day's memory does not hold
    one end, scope by scope and a part of the members after the other: half a million rows that are present, with what is joined to them,
    take some 300 MB.
#}
{% macro pieces_of_segments() -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set query -%}
        select ends.as_of_date, presences.number
        from (select distinct as_of_date from {{ ref('int_segments__rebuilt_periods') }}) as ends
        cross join (select count(*) as number from {{ ref('int_membership__presence') }}) as presences
        order by ends.as_of_date
    {%- endset -%}
    {%- set ends = run_query(query).rows -%}
    {%- set rows_a_piece = _rows_a_piece(10000000 if is_rebuilt_whole() else 2000000) -%}
    {%- set spans = _spans_of_dates('as_of_date', ends, rows_a_piece) -%}
    {%- if not ends or ends[0][1] <= rows_a_piece -%}{{ return(spans) }}{%- endif -%}
    {%- set parts = _parts_of_members('member_key', ends[0][1] / rows_a_piece) -%}
    {%- set pieces = [] -%}
    {%- for span in spans -%}
        {%- for scope_type in scope_type_names() -%}
            {%- for part in parts -%}
                {%- do pieces.append(span ~ " and scope_type = '" ~ scope_type ~ "' and " ~ part) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(pieces) }}
{%- endmacro %}

{# Conditions that cut members into at least so many parts of about one size, at most sixteen: keys are hashes, cut by their first digit. #}
{% macro _parts_of_members(column, number) -%}
    {%- set digits = '0123456789abcdef' -%}
    {%- set steps = [8, 4, 2, 1] | select('le', 16 / number) | list -%}
    {%- set step = 16 if number <= 1 else (steps | first | default(1)) -%}
    {%- set parts = [] -%}
    {%- for first in range(0, 16, step) -%}
        {%- set bounds = [] -%}
        {%- if first > 0 -%}{%- do bounds.append(column ~ ' >= ' ~ _first_key(digits[first])) -%}{%- endif -%}
        {%- if first + step < 16 -%}{%- do bounds.append(column ~ ' < ' ~ _first_key(digits[first + step])) -%}{%- endif -%}
        {%- do parts.append((bounds or ['1 = 1']) | join(' and ')) -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}

{# The first of the keys that begin with a digit. #}
{% macro _first_key(digit) -%}
    {{ identifier("'" ~ digit ~ ('0' * 31) ~ "'") }}
{%- endmacro %}

{# Of the files of the lake, those whose rows are events. #}
{% macro _is_of_events() -%}
    (source, stream) in (('events', 'events'), ('chat_export', 'messages'), ('chat_export', 'reactions'))
{%- endmacro %}

{% macro _rows_a_piece(rows) -%}
    {{ return(env_var('COMMUNITY_METRICS_DBT_ROWS_A_PIECE', rows | string) | int) }}
{%- endmacro %}

{# Conditions that cut (date, number of rows), ascending, into spans of about so many rows; a date is never cut. #}
{% macro _spans_of_dates(column, dates, rows_a_piece) -%}
    {%- set state = namespace(rows=0, after='0001-01-01') -%}
    {%- set spans = [] -%}
    {%- for date, rows in dates -%}
        {%- set state.rows = state.rows + (rows | int) -%}
        {%- if state.rows >= rows_a_piece and not loop.last -%}
            {%- do spans.append(column ~ " > date '" ~ state.after ~ "' and " ~ column ~ " <= date '" ~ date ~ "'") -%}
            {%- set state.rows = 0 -%}
            {%- set state.after = date -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do spans.append(column ~ " > date '" ~ state.after ~ "'") -%}
    {{ return(spans) }}
{%- endmacro %}
