-- Grain: one row per callback of a relation of a customer and a member of staff; one delivered twice is one row.
-- del_follow_user: the customer deleted the member of staff; del_external_contact: the other way round.
{{ newest_rows('wecom_contacts', 'contact_events', ['platform', 'account_id', 'member_id', 'staff_id', 'change_type', 'occurred_at'], {
    'member_id': 'identifier',
    'staff_id': 'text',
    'change_type': 'text',
    'occurred_at': 'instant',
    'state': 'text',
    'fail_reason': 'text',
}) }}
