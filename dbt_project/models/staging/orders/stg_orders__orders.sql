-- Grain: one row per order of a shop account.
-- Only what is paid counts; a later version may take the payment back.
{{ newest_rows('orders', 'orders', ['platform', 'account_id', 'order_id'], {
    'order_id': 'text',
    'member_id': 'identifier',
    'paid_at': 'instant',
    'gross_amount': 'money',
    'currency': 'text',
    'status': 'text',
    'transaction_id': 'text',
    'campaign_id': 'text',
}, is_mapped=true) }}
