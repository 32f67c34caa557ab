-- Grain: one row per account of 微信客服, servicer (NULL: all of them and the assistant) and business date.
-- As 微信客服 reports it: rates are fractions and NULL on days without a session.
{{ newest_rows('wecom_stats', 'service_days', ['platform', 'account_id', 'open_kfid', 'servicer_id', 'business_date'], {
    'open_kfid': 'text',
    'servicer_id': 'text',
    'sessions': 'integer',
    'customers': 'integer',
    'customer_messages': 'integer',
    'reply_rate': 'double',
    'first_reply_seconds': 'double',
    'satisfaction_invitations': 'integer',
    'satisfaction_participation_rate': 'double',
    'satisfied_rate': 'double',
    'middling_rate': 'double',
    'dissatisfied_rate': 'double',
    'upgraded_customers': 'integer',
    'ai_replied_sessions': 'integer',
    'ai_transfer_rate': 'double',
    'ai_knowledge_hit_rate': 'double',
    'rejected_customers': 'integer',
}) }}
