-- Grain: one row per platform account and business date.
-- Exports of one figure each complete one another: a file without a column takes nothing away.
{{ newest_rows('creator_content', 'account_days', ['platform', 'account_id', 'business_date'], {
    'followers': 'integer',
    'gained': 'integer',
    'lost': 'integer',
    'net': 'integer',
    'impressions': 'integer',
    'reads': 'integer',
    'plays': 'integer',
    'views': 'integer',
    'likes': 'integer',
    'comments': 'integer',
    'shares': 'integer',
    'saves': 'integer',
}, is_merged=true) }}
