-- Grain: one row per account of a chat workspace; the newest export that lists it wins.
-- Who is a bot is only said here.
{{ newest_rows('chat_export', 'users', ['platform', 'account_id', 'member_id'], {
    'member_id': 'identifier',
    'actor_type': 'text',
}) }}
