-- Grain: one row per item and snapshot date, the newest snapshot of that date.
-- Lifetime-to-date counters: a day's value is the difference of two snapshots, taken one step later.
{{ newest_rows('creator_content', 'content_snapshots', ['platform', 'account_id', 'content_key', 'business_date'], {
    'content_key': 'text',
    'content_id': 'text',
    'title': 'text',
    'content_kind': 'text',
    'published_at': 'instant',
    'impressions': 'integer',
    'reads': 'integer',
    'plays': 'integer',
    'views': 'integer',
    'likes': 'integer',
    'comments': 'integer',
    'shares': 'integer',
    'saves': 'integer',
    'follows': 'integer',
    'favorites': 'integer',
    'wecom_link_clicks': 'integer',
    'contact_adds': 'integer',
    'click_rate': 'double',
    'finish_rate': 'double',
    'average_seconds': 'double',
}) }}
