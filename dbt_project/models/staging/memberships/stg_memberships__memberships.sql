-- Grain: one row per member, community and moment of joining.
-- A spell: left_at is NULL while the member is in. Of all that landed, the members of whom something new came: the others' rows are kept.
{{ newest_rows('memberships', 'memberships', ['platform', 'account_id', 'community_id', 'member_id', 'joined_at'], {
    'community_id': 'text',
    'member_id': 'identifier',
    'joined_at': 'instant',
    'left_at': 'instant',
    'channel': 'text',
    'join_scene': 'text',
    'referrer_member_id': 'identifier',
}, is_mapped=true, only=of_ids_in_new_memberships()) }}
