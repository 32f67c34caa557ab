-- Grain: one row per line of an order from a mapped file.
-- What was in an order, where the shop's pages do not tell.
{{ newest_rows('order_items', 'order_items', ['platform', 'account_id', 'order_id', 'line'], {
    'order_id': 'text',
    'line': 'text',
    'product_id': 'text',
    'product_name': 'text',
    'category': 'text',
    'quantity': 'double',
    'amount': 'money',
}, is_mapped=true) }}
