-- Grain: one row per line of an order that a shop's own pages report.
-- The same as the mapped order items, out of the files that bring the orders.
{{ newest_rows('orders', 'order_items', ['platform', 'account_id', 'order_id', 'line'], {
    'order_id': 'text',
    'line': 'text',
    'product_id': 'text',
    'product_name': 'text',
    'category': 'text',
    'quantity': 'double',
    'amount': 'money',
}, is_mapped=true) }}
