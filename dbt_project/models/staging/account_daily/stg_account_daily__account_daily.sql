-- Grain: one row per platform account and business date.
-- As the platform reports it: what it does not report is NULL.
{{ newest_rows('account_daily', 'account_daily', ['platform', 'account_id', 'business_date'], {
    'followers': 'integer',
    'gained': 'integer',
    'lost': 'integer',
    'reads': 'integer',
    'plays': 'integer',
    'likes': 'integer',
    'comments': 'integer',
    'shares': 'integer',
}, is_mapped=true) }}
