-- Grain: one row per owner (NULL: everybody whom the application sees) and business date.
-- As WeCom reports customer groups. Whether messages and speakers are of the day or as of the day is not certain.
{{ newest_rows('wecom_stats', 'group_days', ['platform', 'account_id', 'owner', 'business_date'], {
    'owner': 'text',
    'owners_asked': 'integer',
    'new_chats': 'integer',
    'chats_total': 'integer',
    'chats_with_messages': 'integer',
    'new_members': 'integer',
    'members_total': 'integer',
    'members_with_messages': 'integer',
    'messages': 'integer',
    'migrated_chats': 'integer',
}) }}
