{% set counters = ['impressions', 'plays', 'views', 'reads', 'readers', 'likes', 'comments', 'shares', 'sharers', 'saves', 'savers', 'follows'] -%}
{% set sources = [
    ('stg_creator_content__snapshots', counters | reject('in', ['readers', 'sharers', 'savers']) | list, 'click_rate'),
    ('stg_wechat_mp__article_totals', counters | reject('in', ['impressions', 'plays', 'views']) | list, double('null')),
] -%}
{{ config(materialized='view') }}
-- Grain: one row per item and date of which the platform states lifetime counters.
-- What a source does not count is NULL. Reads (次数) and readers (人数) are two classes, and neither stands for the other.
{% for model, stated, click_rate in sources -%}
    select
        platform,
        account_id,
        content_key,
        content_id,
        title,
        content_kind,
        published_at,
        {% for counter in counters -%}
            {{ counter if counter in stated else 'cast(null as bigint)' }} as {{ counter }},
        {% endfor -%}
        {{ click_rate }} as click_rate,
        finish_rate,
        average_seconds,
        is_restated,
        business_date
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
