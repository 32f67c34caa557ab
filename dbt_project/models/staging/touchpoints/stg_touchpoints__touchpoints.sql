{% set origins = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] -%}
-- Grain: one row per touch of a member or visitor.
-- The lake keeps UTM values as written; here one spelling stands for all, and a word for "none" is none.
with newest as (
    {{ newest_rows('touchpoints', 'touchpoints', ['platform', 'account_id', 'touch_id'], {
        'touch_id': 'text',
        'occurred_at': 'instant',
        'member_id': 'identifier',
        'visitor_id': 'text',
        'touch_type': 'text',
        'utm_source': 'text',
        'utm_medium': 'text',
        'utm_campaign': 'text',
        'utm_content': 'text',
        'utm_term': 'text',
        'scene': 'text',
        'state': 'text',
        'campaign_id': 'text',
        'landing_url': 'text',
        'referrer': 'text',
    }, is_mapped=true) }}
)

select
    platform,
    account_id,
    touch_id,
    occurred_at,
    member_id,
    visitor_id,
    touch_type,
    {% for origin in origins -%}
        {{ utm_value(origin) }} as {{ origin }},
    {% endfor -%}
    scene,
    state,
    campaign_id,
    landing_url,
    referrer,
    business_date,
    is_restated
from newest
