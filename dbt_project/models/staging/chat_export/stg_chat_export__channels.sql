-- Grain: one row per channel of a chat workspace; the newest export that lists it wins.
-- Channels are renamed: the id is the community, the name is a label.
{{ newest_rows('chat_export', 'channels', ['platform', 'account_id', 'community_id'], {
    'community_id': 'text',
    'name': 'text',
}) }}
