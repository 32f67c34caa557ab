-- Grain: one row per refund that a shop's or a payment platform's own files report.
-- The same as the mapped refunds, out of the files that bring the orders.
{{ newest_rows('orders', 'refunds', ['platform', 'account_id', 'refund_id'], {
    'refund_id': 'text',
    'order_id': 'text',
    'refunded_at': 'instant',
    'amount': 'money',
    'currency': 'text',
    'status': 'text',
    'transaction_id': 'text',
}, is_mapped=true) }}
