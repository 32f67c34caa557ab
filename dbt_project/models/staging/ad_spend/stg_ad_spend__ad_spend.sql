-- Grain: one row per advertising account, business date, campaign and ad.
-- Spend is restated for two days, conversions for thirty: of every column the newest report that states it.
{{ newest_rows('ad_spend', 'ad_spend', ['platform', 'account_id', 'business_date', 'campaign_id', 'ad_id'], {
    'campaign_id': 'text',
    'campaign_name': 'text',
    'ad_id': 'text',
    'ad_name': 'text',
    'cost': 'money',
    'currency': 'text',
    'impressions': 'integer',
    'clicks': 'integer',
    'conversions': 'double',
    'billed_conversions': 'double',
    'deep_conversions': 'double',
}, is_mapped=true, is_merged=true) }}
