-- Grain: one row per native id and person, the newest word on whether they belong together.
-- An unlink takes the link back; both directions are evidence that somebody stated.
{{ newest_rows('identity_links', 'identity_links', ['platform', 'account_id', 'member_id', 'person_id'], {
    'member_id': 'identifier',
    'person_id': 'identifier',
    'evidence': 'text',
    'status': 'text',
}, is_mapped=true) }}
