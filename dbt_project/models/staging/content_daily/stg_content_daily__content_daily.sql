-- Grain: one row per item and business date.
-- Daily figures as the platform reports them, not lifetime counters.
{{ newest_rows('content_daily', 'content_daily', ['platform', 'account_id', 'content_id', 'business_date'], {
    'content_id': 'text',
    'title': 'text',
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
}, is_mapped=true) }}
