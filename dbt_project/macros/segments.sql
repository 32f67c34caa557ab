{#
    Declared segments. A condition compares one measure of a member, taken at the end of the last day of a period, with bounds
    that are both included; a measure that is not known fulfils no condition.
#}

{# The sets that are declared; none while the project is parsed. #}
{% macro segment_sets() -%}
    {%- if not execute or load_relation(ref('segment_definitions')) is none -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return(run_query("select distinct segment_set from " ~ ref('segment_definitions') ~ " order by segment_set").columns[0].values()) }}
{%- endmacro %}

{# The segment of a row that has every measure as a column: the first by position all of whose conditions hold. #}
{% macro segment_of(segment_set) -%}
    {%- set rows = run_query(
        "select segment, measure, at_least, at_most from " ~ ref('segment_definitions')
        ~ " where segment_set = '" ~ segment_set ~ "' order by position, measure"
    ).rows -%}
    {%- set conditions = {} -%}
    {%- for segment, measure, at_least, at_most in rows -%}
        {%- set holding = conditions.setdefault(segment, []) -%}
        {%- if measure and at_least is not none -%}{%- do holding.append(measure ~ ' >= ' ~ at_least | int) -%}{%- endif -%}
        {%- if measure and at_most is not none -%}{%- do holding.append(measure ~ ' <= ' ~ at_most | int) -%}{%- endif -%}
    {%- endfor -%}
    case
        {%- for segment, holding in conditions.items() %}
        {% if holding %}when {{ holding | join(' and ') }} then '{{ segment }}'{% else %}else '{{ segment }}'{% endif %}
        {%- endfor %}
    end
{%- endmacro %}

{# How many days a condition looks back, the day itself included. #}
{% macro segment_lookback(measure, at_least, at_most) -%}
    case {{ measure }}
        when 'active_weeks_of_8' then 56
        when 'active_days_of_28' then 28
        when 'days_since_active' then {{ at_most }} + 1
        when 'days_idle' then greatest(coalesce({{ at_least }}, 0), coalesce({{ at_most }}, 0)) + 1
        when 'days_since_first_active' then greatest(coalesce({{ at_least }}, 0), coalesce({{ at_most }}, 0)) + 1
        else 1
    end
{%- endmacro %}

{# The periods whose segments this build computes. #}
{% macro rebuilt_segment_periods() -%}
    select period_grain, period_start
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_segments__rebuilt_periods') }}
{%- endmacro %}

{# Touched dates as segments see them: days of activity reach forward over the look-back, the others only their own day's end. #}
{% macro touched_segment_dates() -%}
    select domain, business_date from control.touched where domain in ('activity', 'activity_mart', 'segments')
{%- endmacro %}

{# The periods that the mart has for other sets or scopes than are known now: a source went further, or less far. #}
{% macro segment_periods_known_otherwise(spine) -%}
    {%- set mart = adapter.get_relation(this.database, 'marts', 'mart_segments') -%}
    {%- set keys = 'segment_set, period_grain, period_start, as_of_date, scope_type, scope_id' -%}
    select period_grain, period_start, as_of_date
    from (
        (
            select {{ keys }} from {{ spine }}
            {%- if mart is not none %}
            except select {{ keys }} from {{ mart }}
            {%- endif %}
        )
        {%- if mart is not none %}
        union all
        (select {{ keys }} from {{ mart }} except select {{ keys }} from {{ spine }})
        {%- endif %}
    ) as otherwise
{%- endmacro %}
