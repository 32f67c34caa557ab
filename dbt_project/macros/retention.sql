{# The events whose occurrences count per period: entries of recurring cohorts, and returns that masks of days do not answer. #}
{% macro retention_events_counted(definitions) -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {{ return(run_query(
        "select entry_event from " ~ definitions ~ " where cohort_mode = 'recurring'"
        ~ " union select return_event from " ~ definitions ~ " where not is_masked order by 1"
    ).columns[0].values()) }}
{%- endmacro %}
