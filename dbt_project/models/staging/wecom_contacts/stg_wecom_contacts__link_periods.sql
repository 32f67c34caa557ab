-- Grain: one row per acquisition link and period asked for.
-- Clicks and new customers of a link; periods that overlap are not added.
{{ newest_rows('wecom_contacts', 'link_periods', ['platform', 'account_id', 'link_id', 'period_begin', 'period_end'], {
    'link_id': 'text',
    'period_begin': 'date',
    'period_end': 'date',
    'clicking_customers': 'integer',
    'new_customers': 'integer',
}) }}
