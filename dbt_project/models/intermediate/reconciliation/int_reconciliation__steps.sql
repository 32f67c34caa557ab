{{ config(materialized='view') }}
-- Grain: one row per metric and reason for which a platform's own figure of it may not be ours, in the order in which they are told.
-- Bills are explained from their lines; counts of members and messages from what is known of those who are counted.
select steps.metric, steps.step_index, steps.reason
from (
    values
    {% for metrics, reasons in [
        (['orders', 'gross_amount', 'refund_amount'], [
            'quarantined', 'other_lines', 'superseded', 'not_successful', 'duplicates', 'staff', 'bot', 'test', 'late', 'unexplained',
        ]),
        (['members', 'followers'], [
            'staff', 'bot', 'test', 'merged_identities', 'quarantined', 'late', 'not_covered', 'unexplained',
        ]),
        (['messages'], ['staff', 'bot', 'test', 'quarantined', 'late', 'not_covered', 'unexplained']),
    ] -%}
        {%- set last_group = loop.last -%}
        {% for metric in metrics -%}
            {%- set last_metric = loop.last -%}
            {% for reason in reasons if metric == 'orders' or reason != 'other_lines' -%}
                ('{{ metric }}', {{ loop.index }}, '{{ reason }}'){{ ',' if not (last_group and last_metric and loop.last) }}
            {% endfor -%}
        {%- endfor %}
    {%- endfor %}
) as steps (metric, step_index, reason)
