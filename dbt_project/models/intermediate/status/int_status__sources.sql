{{ config(materialized='view') }}
-- Grain: one row per source: which domain of marts it feeds, and whether a day without rows is a gap.
-- Lists and lifetime counters are observations: they come when somebody fetches them.
with sources (source, domain, is_daily) as (
    values
    ('events', 'activity', true),
    ('chat_export', 'activity', true),
    ('memberships', 'membership', false),
    ('wecom_groups', 'membership', false),
    ('wecom_contacts', 'contacts', false),
    ('wecom_stats', 'service', true),
    ('wechat_mp', 'account', true),
    ('members', 'identity', false),
    ('identity_links', 'identity', false),
    ('orders', 'commerce', true),
    ('refunds', 'refunds', true),
    ('account_daily', 'account', true),
    ('content_daily', 'content', true),
    ('creator_content', 'content', false),
    ('order_items', 'order_items', false),
    ('touchpoints', 'touchpoints', true),
    ('ad_spend', 'ad_spend', true),
    ('competitor_accounts', 'competitors', false)
)

select source, domain, is_daily
from sources
