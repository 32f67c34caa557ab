-- Grain: one row per refund of a shop account.
-- Dated by its success, never by the order it belongs to.
{{ newest_rows('refunds', 'refunds', ['platform', 'account_id', 'refund_id'], {
    'refund_id': 'text',
    'order_id': 'text',
    'refunded_at': 'instant',
    'amount': 'money',
    'currency': 'text',
    'status': 'text',
}, is_mapped=true) }}
