{% set counters = [
    'impressions', 'reads', 'readers', 'plays', 'views', 'likes', 'comments', 'shares', 'sharers', 'saves', 'savers', 'follows',
] -%}
-- Grain: one row per item and business date with figures.
-- Typed classes of reach stand side by side and are never added; a platform's own rate is kept as reported.
select
    content_key,
    business_date,
    platform,
    account_id,
    {{ count_measure('increment_days') }} as increment_days,
    {% for counter in counters -%}
        {{ count_measure(counter) }} as {{ counter }},
    {% endfor -%}
    {% for counter in counters -%}
        {{ count_measure(counter ~ '_total') }} as {{ counter }}_total,
    {% endfor -%}
    has_falling_counter,
    click_rate as reported_click_rate,
    finish_rate as reported_finish_rate,
    average_seconds as reported_average_seconds
from {{ ref('int_content__daily') }}
