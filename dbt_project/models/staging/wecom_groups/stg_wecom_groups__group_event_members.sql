-- Grain: one row per member whom a callback of a customer group names.
-- Dates a leave between two lists exactly; a callback alone makes nobody a member.
{{ newest_rows('wecom_groups', 'group_event_members', ['platform', 'account_id', 'chat_id', 'update_detail', 'member_version', 'occurred_at', 'member_id'], {
    'chat_id': 'text',
    'update_detail': 'text',
    'member_version': 'text',
    'occurred_at': 'instant',
    'member_id': 'identifier',
    'actor_type': 'text',
    'join_scene': 'text',
    'quit_scene': 'text',
}) }}
