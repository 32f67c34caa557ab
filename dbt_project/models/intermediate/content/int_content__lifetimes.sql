{% set counters = [
    'impressions', 'reads', 'readers', 'plays', 'views', 'likes', 'comments', 'shares', 'sharers', 'saves', 'savers', 'follows',
] -%}
{% set reported = ['click_rate', 'finish_rate', 'average_seconds'] -%}
{% set falls = [] -%}
{% for counter in counters %}{% do falls.append('coalesce(' ~ counter ~ ' < previous_' ~ counter ~ ', false)') %}{% endfor -%}
{% set item = 'platform, account_id, content_key' -%}
-- Grain: one row per item with lifetime counters: of each the newest value that is stated.
-- A snapshot without a column takes nothing away. A counter that fell is kept as it stands, and the snapshots that show a fall are counted.
with compared as (
    select
        *,
        {% for column in counters + reported -%}
            {{ previous_known(column, item, 'business_date') }} as previous_{{ column }},
        {% endfor -%}
        row_number() over (partition by {{ item }} order by business_date desc) as recency_rank
    from {{ ref('int_content__snapshots') }}
),

flagged as (
    select
        *,
        {{ falls | join(' or ') }} as has_fallen
    from compared
),

counted as (
    select
        platform,
        account_id,
        content_key,
        min(business_date) as first_snapshot_date,
        max(business_date) as last_snapshot_date,
        count(*) as snapshots,
        {{ count_where('is_restated') }} as restated_snapshots,
        {{ count_where('has_fallen') }} as falling_snapshots
    from flagged
    group by platform, account_id, content_key
)

select
    {{ community_key('counted.platform', 'counted.account_id', 'counted.content_key') }} as content_key,
    counted.platform,
    counted.account_id,
    counted.first_snapshot_date,
    counted.last_snapshot_date,
    counted.snapshots,
    counted.restated_snapshots,
    {% for column in counters + reported -%}
        coalesce(newest.{{ column }}, newest.previous_{{ column }}) as {{ column }},
    {% endfor -%}
    counted.falling_snapshots
from counted
inner join compared as newest
    on
        counted.platform = newest.platform
        and counted.account_id = newest.account_id
        and counted.content_key = newest.content_key
        and newest.recency_rank = 1
