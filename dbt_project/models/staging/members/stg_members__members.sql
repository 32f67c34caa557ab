-- Grain: one row per member record of a platform account.
-- The record, not the activity: who somebody is (member, staff, bot, test) and since when.
{{ newest_rows('members', 'members', ['platform', 'account_id', 'member_id'], {
    'member_id': 'identifier',
    'first_seen_at': 'instant',
    'created_at': 'instant',
    'region': 'text',
    'actor_type': 'text',
}, is_mapped=true) }}
