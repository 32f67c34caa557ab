-- Grain: one row per article and business date.
-- Reads and shares come from two interfaces: of every column the newest that states it.
{{ newest_rows('wechat_mp', 'article_days', ['platform', 'account_id', 'content_id', 'business_date'], {
    'content_id': 'text',
    'title': 'text',
    'readers': 'integer',
    'reads': 'integer',
    'sharers': 'integer',
    'shares': 'integer',
    'original_readers': 'integer',
    'original_reads': 'integer',
    'savers': 'integer',
    'saves': 'integer',
}, is_merged=true) }}
