-- Grain: one row per callback of a customer group; one delivered twice is one row.
-- What happened to a group between two lists, a dismissal among it.
{{ newest_rows('wecom_groups', 'group_events', ['platform', 'account_id', 'chat_id', 'change_type', 'update_detail', 'member_version', 'occurred_at'], {
    'chat_id': 'text',
    'change_type': 'text',
    'update_detail': 'text',
    'member_version': 'text',
    'occurred_at': 'instant',
    'join_scene': 'text',
    'quit_scene': 'text',
    'members_changed': 'integer',
    'previous_version': 'text',
}) }}
