{#
    The engine-specific part of the project. A model calls these and stays plain SQL; another engine overrides a macro by
    `<adapter>__<name>`. The default is DuckDB's and, where the two agree, the standard's.
#}

{# The calendar date of a UTC instant in the project's time zone. #}
{% macro local_date(instant) -%}
    {{ adapter.dispatch('local_date')(instant) }}
{%- endmacro %}
{% macro default__local_date(instant) -%}
    cast({{ local_timestamp(instant) }} as date)
{%- endmacro %}

{# The wall clock of a UTC instant in the project's time zone. #}
{% macro local_timestamp(instant) -%}
    {{ adapter.dispatch('local_timestamp')(instant) }}
{%- endmacro %}
{% macro default__local_timestamp(instant) -%}
    {%- set zone = setting("timezone", "Asia/Shanghai") -%}
    {%- set from_rules = "timezone('" ~ zone ~ "', timezone('UTC', " ~ instant ~ "))" -%}
    {%- set minutes = minutes_from_utc(zone) -%}
    {%- if minutes is none -%}
        {{ from_rules }}
    {%- else -%}
        {#- Ten times as fast as the rules of time zones, which DuckDB asks row by row. -#}
        case
            when {{ instant }} >= timestamp '2000-01-01' and {{ instant }} < timestamp '2040-01-01'
                then {{ instant }} + interval '{{ minutes }}' minute
            else {{ from_rules }}
        end
    {%- endif -%}
{%- endmacro %}

{# How far a time zone is from UTC in minutes, if it was so from 2000 on and no change until 2040 is known; none where clocks change. #}
{% macro minutes_from_utc(zone) -%}
    {%- set rules = modules.pytz.timezone(zone) -%}
    {%- set noon = modules.datetime.datetime(2000, 1, 1, 12) -%}
    {%- set offsets = [] -%}
    {#- No summer time of any country has been shorter than ten days. -#}
    {%- for days in range(0, 14610, 10) -%}
        {%- set offset = rules.utcoffset(noon + modules.datetime.timedelta(days=days)) -%}
        {%- if offset not in offsets -%}{%- do offsets.append(offset) -%}{%- endif -%}
    {%- endfor -%}
    {{ return((offsets[0].total_seconds() // 60) | int if offsets | length == 1 else none) }}
{%- endmacro %}

{# The hour of the day, 0 to 23, of a UTC instant in the project's time zone. #}
{% macro local_hour(instant) -%}
    cast(extract(hour from {{ local_timestamp(instant) }}) as integer)
{%- endmacro %}

{# A canonical lake text (`2026-10-01T02:03:04.000000Z`) as a UTC timestamp. #}
{% macro instant(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}

{% macro add_days(date, days) -%}
    {{ adapter.dispatch('add_days')(date, days) }}
{%- endmacro %}
{% macro default__add_days(date, days) -%}
    cast({{ date }} + cast({{ days }} as integer) as date)
{%- endmacro %}

{% macro days_between(later, earlier) -%}
    {{ adapter.dispatch('days_between')(later, earlier) }}
{%- endmacro %}
{% macro default__days_between(later, earlier) -%}
    cast({{ later }} - {{ earlier }} as bigint)
{%- endmacro %}

{# First day of the week (by the setting `week_start`) or of the month that holds a date. #}
{% macro week_start(date) -%}
    {%- if setting('week_start', 'monday') == 'sunday' -%}
        {{ add_days("cast(date_trunc('week', " ~ add_days(date, 1) ~ ") as date)", -1) }}
    {%- else -%}
        cast(date_trunc('week', {{ date }}) as date)
    {%- endif -%}
{%- endmacro %}
{% macro month_start(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}

{% macro add_months(date, months) -%}
    {{ adapter.dispatch('add_months')(date, months) }}
{%- endmacro %}
{% macro default__add_months(date, months) -%}
    cast({{ date }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{# Every date from `first` to `last`, both literals, as a relation with the column `business_date`. #}
{% macro date_series(first, last) -%}
    {{ adapter.dispatch('date_series')(first, last) }}
{%- endmacro %}
{% macro default__date_series(first, last) -%}
    (select cast(unnest(generate_series(date '{{ first }}', date '{{ last }}', interval 1 day)) as date) as business_date)
{%- endmacro %}

{#
    The keyed hash that stands for an identifier, from the text that the lake holds: 32 hexadecimal digits as a number of 128 bits, which
    an engine compares, hashes and stores in half the time and a third of the room. Numbers are in the order of their texts.
#}
{% macro identifier(text) -%}
    {{ adapter.dispatch('identifier')(text) }}
{%- endmacro %}
{% macro default__identifier(text) -%}
    cast({{ text }} as uuid)
{%- endmacro %}

{# An identifier as its text again, as the lake holds it: what readers see. #}
{% macro identifier_text(identifier) -%}
    {{ adapter.dispatch('identifier_text')(identifier) }}
{%- endmacro %}
{% macro default__identifier_text(identifier) -%}
    replace(cast({{ identifier }} as varchar), '-', '')
{%- endmacro %}

{# A ratio of two counts or sums in double precision; a denominator of 0 or NULL gives NULL. #}
{% macro ratio(numerator, denominator) -%}
    {{ adapter.dispatch('ratio')(numerator, denominator) }}
{%- endmacro %}
{% macro default__ratio(numerator, denominator) -%}
    ({{ double(numerator) }} / nullif({{ double(denominator) }}, 0))
{%- endmacro %}

{# Double precision: the type has another name on most engines, and `float` is half as wide on some. #}
{% macro double(expression) -%}
    {{ adapter.dispatch('double')(expression) }}
{%- endmacro %}
{% macro default__double(expression) -%}
    cast({{ expression }} as double)
{%- endmacro %}

{# How many times a whole number goes into one that is a multiple of it. #}
{% macro exact_quotient(number, divisor) -%}
    {{ adapter.dispatch('exact_quotient')(number, divisor) }}
{%- endmacro %}
{% macro default__exact_quotient(number, divisor) -%}
    ({{ number }} // {{ divisor }})
{%- endmacro %}

{# 1 is Monday, 7 is Sunday, whatever a week starts with. #}
{% macro iso_weekday(date) -%}
    {{ adapter.dispatch('iso_weekday')(date) }}
{%- endmacro %}
{% macro default__iso_weekday(date) -%}
    cast(extract(isodow from {{ date }}) as integer)
{%- endmacro %}

{# An exact whole-number measure: DuckDB's sum of integers is a 128-bit number, which Parquet cannot hold. #}
{% macro count_measure(expression) -%}
    cast({{ expression }} as bigint)
{%- endmacro %}

{% macro count_where(condition) -%}
    {{ sum_where(1, condition) }}
{%- endmacro %}

{# The sum of whole numbers where a condition holds. #}
{% macro sum_where(expression, condition) -%}
    cast(coalesce(sum(case when {{ condition }} then {{ expression }} else 0 end), 0) as bigint)
{%- endmacro %}

{% macro money(expression) -%}
    cast({{ expression }} as decimal(18, 2))
{%- endmacro %}

{# Bit n of a mask of hours is set when the hour n had an event. #}
{% macro hour_bit(hour) -%}
    {{ adapter.dispatch('hour_bit')(hour) }}
{%- endmacro %}
{% macro default__hour_bit(hour) -%}
    (cast(1 as bigint) << {{ hour }})
{%- endmacro %}

{# The bits that are set in any mask of a group. #}
{% macro bits_of_all(mask) -%}
    {{ adapter.dispatch('bits_of_all')(mask) }}
{%- endmacro %}
{% macro default__bits_of_all(mask) -%}
    bit_or({{ mask }})
{%- endmacro %}

{# A mask with the one bit `index` (0 to 62) set, and how many bits of a mask are set. #}
{% macro mask_bit(index) -%}
    {{ adapter.dispatch('mask_bit')(index) }}
{%- endmacro %}
{% macro default__mask_bit(index) -%}
    (cast(1 as bigint) << cast({{ index }} as integer))
{%- endmacro %}
{% macro bits_set(mask) -%}
    {{ adapter.dispatch('bits_set')(mask) }}
{%- endmacro %}
{% macro default__bits_set(mask) -%}
    cast(bit_count({{ mask }}) as bigint)
{%- endmacro %}

{# Masks moved towards higher or lower bits, and the bits that one, or both, of two masks have. The result must fit into 63 bits. #}
{% macro shift_left(mask, bits) -%}
    {{ adapter.dispatch('shift_left')(mask, bits) }}
{%- endmacro %}
{% macro default__shift_left(mask, bits) -%}
    (({{ mask }}) << cast({{ bits }} as integer))
{%- endmacro %}
{% macro shift_right(mask, bits) -%}
    {{ adapter.dispatch('shift_right')(mask, bits) }}
{%- endmacro %}
{% macro default__shift_right(mask, bits) -%}
    (({{ mask }}) >> {{ bits }})
{%- endmacro %}
{% macro either_bit(first, second) -%}
    {{ adapter.dispatch('either_bit')(first, second) }}
{%- endmacro %}
{% macro default__either_bit(first, second) -%}
    ({{ first }} | {{ second }})
{%- endmacro %}
{% macro both_bits(first, second) -%}
    {{ adapter.dispatch('both_bits')(first, second) }}
{%- endmacro %}
{% macro default__both_bits(first, second) -%}
    ({{ first }} & {{ second }})
{%- endmacro %}

{# The place of the highest bit that is set, 0 to 52, and of the lowest, 0 to 62; NULL for an empty mask. #}
{% macro highest_bit(mask) -%}
    {{ adapter.dispatch('highest_bit')(mask) }}
{%- endmacro %}
{% macro default__highest_bit(mask) -%}
    cast(floor(log2(nullif({{ mask }}, 0))) as integer)
{%- endmacro %}
{% macro lowest_bit(mask) -%}
    {{ highest_bit(both_bits(mask, '(-(' ~ mask ~ '))')) }}
{%- endmacro %}

{# A number that no other row of the result has, whichever: numbering rows in an order sorts them all. #}
{% macro any_number() -%}
    {{ adapter.dispatch('any_number')() }}
{%- endmacro %}
{% macro default__any_number() -%}
    row_number() over ()
{%- endmacro %}

{# How many rows have the bit `index` (a number known when the model compiles). #}
{% macro count_bit(mask, index) -%}
    cast(count(nullif({{ both_bits(mask, 2 ** index) }}, 0)) as bigint)
{%- endmacro %}

{# A text without the percent signs of a URL; one that is not encoded in UTF-8 stays as it is. #}
{% macro url_decoded(text) -%}
    {{ adapter.dispatch('url_decoded')(text) }}
{%- endmacro %}
{% macro default__url_decoded(text) -%}
    coalesce(try(url_decode(replace({{ text }}, '+', ' '))), {{ text }})
{%- endmacro %}

{# 64 bits that are equal for rows with equal values, nulls included (Spark: xxhash64). Another version of an engine may give others. #}
{% macro row_fingerprint(columns) -%}
    {{ adapter.dispatch('row_fingerprint')(columns) }}
{%- endmacro %}
{% macro default__row_fingerprint(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro reversed_text(text) -%}
    {{ adapter.dispatch('reversed_text')(text) }}
{%- endmacro %}
{% macro default__reversed_text(text) -%}
    reverse({{ text }})
{%- endmacro %}

{# A part of a key whose parts are joined by colons; the last one may hold colons of its own. #}
{% macro key_part(key, number) -%}
    {{ adapter.dispatch('key_part')(key, number) }}
{%- endmacro %}
{% macro default__key_part(key, number) -%}
    split_part({{ key }}, ':', {{ number }})
{%- endmacro %}
{% macro key_rest(key) -%}
    {{ adapter.dispatch('key_rest')(key) }}
{%- endmacro %}
{% macro default__key_rest(key) -%}
    substr({{ key }}, length({{ key_part(key, 1) }}) + length({{ key_part(key, 2) }}) + 3)
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

{# Of all rows of the partition the first value that is stated at all. #}
{% macro first_known(column, partition, order) -%}
    {{ adapter.dispatch('first_known')(column, partition, order) }}
{%- endmacro %}
{% macro default__first_known(column, partition, order) -%}
    first_value({{ column }} ignore nulls) over (
        partition by {{ partition }} order by {{ order }} rows between unbounded preceding and unbounded following
    )
{%- endmacro %}

{# The instant so many seconds later. #}
{% macro add_seconds(instant, seconds) -%}
    {{ adapter.dispatch('add_seconds')(instant, seconds) }}
{%- endmacro %}
{% macro default__add_seconds(instant, seconds) -%}
    ({{ instant }} + to_seconds({{ seconds }}))
{%- endmacro %}

{# Whole microseconds between two instants: exact, so that sums of them do not depend on the order of rows. #}
{% macro microseconds_between(later, earlier) -%}
    {{ adapter.dispatch('microseconds_between')(later, earlier) }}
{%- endmacro %}
{% macro default__microseconds_between(later, earlier) -%}
    cast(epoch_us({{ later }}) - epoch_us({{ earlier }}) as bigint)
{%- endmacro %}

{# The value in the row in which `place` is greatest; rows with neither are left out. #}
{% macro value_at_greatest(value, place) -%}
    {{ adapter.dispatch('value_at_greatest')(value, place) }}
{%- endmacro %}
{% macro default__value_at_greatest(value, place) -%}
    arg_max({{ value }}, {{ place }})
{%- endmacro %}

{# The median, the mean of the two middle values of an even number of them. #}
{% macro median(expression) -%}
    {{ adapter.dispatch('median')(expression) }}
{%- endmacro %}
{% macro default__median(expression) -%}
    percentile_cont(0.5) within group (order by cast({{ expression }} as double))
{%- endmacro %}

{# A member of a JSON object as text; NULL when it is missing or null. #}
{% macro json_text(column, key) -%}
    {{ adapter.dispatch('json_text')(column, key) }}
{%- endmacro %}
{% macro default__json_text(column, key) -%}
    json_extract_string({{ column }}, '$."{{ key | replace("'", "''") }}"')
{%- endmacro %}

{# A text as a number; NULL when it is none. #}
{% macro number_or_null(text) -%}
    {{ adapter.dispatch('number_or_null')(text) }}
{%- endmacro %}
{% macro default__number_or_null(text) -%}
    try_cast({{ text }} as double)
{%- endmacro %}

{# A part of a text of ASCII signs, such as a mask of '1' and '0'; empty beyond its end. #}
{% macro text_part(text, first, length=1) -%}
    {{ adapter.dispatch('text_part')(text, first, length) }}
{%- endmacro %}
{% macro default__text_part(text, first, length) -%}
    substring({{ text }}, {{ first }}, {{ length }})
{%- endmacro %}

{# Days of 24 hours that so many seconds fill, a begun one included. #}
{% macro begun_days(seconds) -%}
    {{ adapter.dispatch('begun_days')(seconds) }}
{%- endmacro %}
{% macro default__begun_days(seconds) -%}
    cast(ceil({{ seconds }} / 86400.0) as integer)
{%- endmacro %}
