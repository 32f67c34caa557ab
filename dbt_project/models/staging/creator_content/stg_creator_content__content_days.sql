-- Grain: one row per item and business date, of what an API reports by day.
-- Each answer holds one figure: of every column the newest answer that states it.
{{ newest_rows('creator_content', 'content_days', ['platform', 'account_id', 'content_id', 'business_date'], {
    'content_id': 'text',
    'plays': 'integer',
    'likes': 'integer',
    'comments': 'integer',
    'shares': 'integer',
}, is_merged=true) }}
