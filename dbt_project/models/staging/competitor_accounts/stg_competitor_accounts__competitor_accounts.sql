-- Grain: one row per account of others and business date.
-- As somebody watched it; never mixed with the own accounts.
{{ newest_rows('competitor_accounts', 'competitor_accounts', ['platform', 'account_id', 'business_date'], {
    'account_name': 'text',
    'competitor': 'text',
    'followers': 'integer',
    'gained': 'integer',
    'lost': 'integer',
    'posts': 'integer',
    'reads': 'integer',
    'plays': 'integer',
    'likes': 'integer',
    'comments': 'integer',
    'shares': 'integer',
    'saves': 'integer',
}, is_mapped=true, is_merged=true) }}
