{#- Model, the counters that it has, and its place among the sources of an item's day. A difference over one day (place 3) says all
    that the days of articles say, and more; one over several days, or of an unknown start, comes last (place 5). -#}
{% set reported = [
    ('stg_content_daily__content_daily', ['impressions', 'reads', 'plays', 'views', 'likes', 'comments', 'shares', 'saves', 'follows'], 1),
    ('stg_creator_content__content_days', ['plays', 'likes', 'comments', 'shares'], 2),
    ('stg_wechat_mp__article_days', ['reads', 'readers', 'shares', 'sharers', 'saves', 'savers'], 4),
] -%}
{% set counters = [
    'impressions', 'reads', 'readers', 'plays', 'views', 'likes', 'comments', 'shares', 'sharers', 'saves', 'savers', 'follows',
] -%}
{{ config(materialized='view') }}
-- Grain: one row per source, item and business date that a platform reports by day.
-- Such figures are taken as they are. `preference` orders the sources of an item's day, differences of totals among them.
{% for model, stated, preference in reported -%}
    select
        {{ community_key('platform', 'account_id', 'content_id') }} as content_key,
        business_date,
        platform,
        account_id,
        1 as increment_days,
        {% for counter in counters -%}
            {{ counter if counter in stated else 'cast(null as bigint)' }} as {{ counter }},
            cast(null as bigint) as {{ counter }}_total,
        {% endfor -%}
        false as has_falling_counter,
        {{ double('null') }} as click_rate,
        {{ double('null') }} as finish_rate,
        {{ double('null') }} as average_seconds,
        {{ preference }} as preference
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
