-- Grain: one row per owner and period asked for.
-- As WeCom reports customer groups of a period; a period is not the sum of its days (members and groups are stocks).
{{ newest_rows('wecom_stats', 'group_owners', ['platform', 'account_id', 'owner', 'period_begin', 'period_end'], {
    'owner': 'text',
    'period_begin': 'date',
    'period_end': 'date',
    'new_chats': 'integer',
    'chats_total': 'integer',
    'chats_with_messages': 'integer',
    'new_members': 'integer',
    'members_total': 'integer',
    'members_with_messages': 'integer',
    'messages': 'integer',
    'migrated_chats': 'integer',
}) }}
