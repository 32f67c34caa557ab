-- Grain: one row per account, channel and business date.
-- Readers are people: channels do not add up to the account's readers, which stand in its own day.
{{ newest_rows('wechat_mp', 'reader_sources', ['platform', 'account_id', 'business_date', 'channel'], {
    'channel': 'text',
    'readers': 'integer',
    'reads': 'integer',
    'sharers': 'integer',
    'shares': 'integer',
    'savers': 'integer',
    'saves': 'integer',
}, is_merged=true) }}
