-- Grain: one row per account and business date.
-- Followers, readers and the rest come from different interfaces and exports: of every column the newest that states it.
{{ newest_rows('wechat_mp', 'account_days', ['platform', 'account_id', 'business_date'], {
    'followers': 'integer',
    'gained': 'integer',
    'lost': 'integer',
    'readers': 'integer',
    'reads': 'integer',
    'sharers': 'integer',
    'shares': 'integer',
    'original_readers': 'integer',
    'original_reads': 'integer',
    'savers': 'integer',
    'saves': 'integer',
    'likes': 'integer',
    'hearts': 'integer',
    'comments': 'integer',
    'published_items': 'integer',
}, is_merged=true) }}
