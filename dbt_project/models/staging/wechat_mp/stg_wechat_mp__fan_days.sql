-- Grain: one row per account, source of followers and business date.
-- Where followers come from; an account's day adds the sources up only where nothing else states it.
{{ newest_rows('wechat_mp', 'fan_days', ['platform', 'account_id', 'business_date', 'user_source'], {
    'user_source': 'text',
    'gained': 'integer',
    'lost': 'integer',
}) }}
