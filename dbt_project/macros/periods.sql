{# Calendar periods. `grain` is a column or a literal holding 'day', 'week' or 'month'. #}

{% macro period_start(date, grain) -%}
    case {{ grain }}
        when 'day' then {{ date }}
        when 'week' then {{ week_start(date) }}
        else {{ month_start(date) }}
    end
{%- endmacro %}

{# The first day of the period that lies `steps` periods after the one starting on `start`. #}
{% macro add_periods(start, grain, steps) -%}
    case {{ grain }}
        when 'day' then {{ add_days(start, steps) }}
        when 'week' then {{ add_days(start, '7 * (' ~ steps ~ ')') }}
        else {{ add_months(start, steps) }}
    end
{%- endmacro %}

{# The last day of the period starting on `start`. #}
{% macro period_end(start, grain) -%}
    {{ add_days(add_periods(start, grain, 1), -1) }}
{%- endmacro %}

{# How many periods `later` lies after `earlier`; both are first days of periods. #}
{% macro periods_between(later, earlier, grain) -%}
    case {{ grain }}
        when 'day' then {{ days_between(later, earlier) }}
        when 'week' then {{ exact_quotient(days_between(later, earlier), 7) }}
        else cast(
            (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
            + extract(month from {{ later }}) - extract(month from {{ earlier }}) as bigint
        )
    end
{%- endmacro %}

{% macro grains() -%}
    (values ('day'), ('week'), ('month'))
{%- endmacro %}

{# The first day of the period that a bit of a block's mask stands for: later days and weeks have lower bits, a month is its block. #}
{% macro period_of_bit(block_start, grain, place) -%}
    case {{ grain }}
        when 'day' then {{ add_days(block_start, '30 - (' ~ place ~ ')') }}
        when 'week' then {{ add_days(block_start, '7 * (3 - (' ~ place ~ '))') }}
        else {{ block_start }}
    end
{%- endmacro %}

{# A mask moved to higher bits, or to lower ones by a negative number. The result must fit into 63 bits. #}
{% macro moved_mask(mask, bits) -%}
    case
        when {{ bits }} >= 0 then {{ shift_left(mask, 'greatest(' ~ bits ~ ', 0)') }}
        else {{ shift_right(mask, 'cast(greatest(-' ~ bits ~ ', 0) as integer)') }}
    end
{%- endmacro %}

{# In how many weeks a mask of days has a bit; the lowest bit is the last day of a week, the highest one of the ninth before it or later. #}
{% macro weeks_of_days(mask) -%}
    cast(
        {%- for week in range(9) %}
        {{ '+ ' if not loop.first }}case when {{ both_bits(mask, 127 * 2 ** (7 * week)) }} <> 0 then 1 else 0 end
        {%- endfor %}
        as bigint
    )
{%- endmacro %}
