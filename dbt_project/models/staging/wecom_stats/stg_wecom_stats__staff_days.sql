-- Grain: one row per member of staff and business date.
-- Rates and times are NULL on days without a conversation: they are never 0, and never averaged without their weights.
{{ newest_rows('wecom_stats', 'staff_days', ['platform', 'account_id', 'staff_id', 'business_date'], {
    'staff_id': 'text',
    'chats': 'integer',
    'messages': 'integer',
    'reply_rate': 'double',
    'first_reply_seconds': 'double',
    'negative_feedback': 'integer',
    'applications': 'integer',
    'new_contacts': 'integer',
}) }}
