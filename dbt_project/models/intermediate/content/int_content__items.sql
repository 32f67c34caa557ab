{{ config(materialized='view') }}
-- Grain: one row per item and business date on which a source described it.
-- Items are described by snapshots and by daily files alike; the dimension takes the newest description.
select
    {{ community_key('platform', 'account_id', 'content_key') }} as content_key,
    platform,
    account_id,
    content_id,
    title,
    content_kind,
    published_at,
    business_date
from {{ ref('int_content__snapshots') }}
union all
select
    {{ community_key('platform', 'account_id', 'content_id') }} as content_key,
    platform,
    account_id,
    content_id,
    title,
    cast(null as varchar) as content_kind,
    published_at,
    business_date
from {{ ref('stg_content_daily__content_daily') }}
union all
select
    {{ community_key('platform', 'account_id', 'content_id') }} as content_key,
    platform,
    account_id,
    content_id,
    cast(null as varchar) as title,
    cast(null as varchar) as content_kind,
    cast(null as timestamp) as published_at,
    business_date
from {{ ref('stg_creator_content__content_days') }}
union all
select
    {{ community_key('platform', 'account_id', 'content_id') }} as content_key,
    platform,
    account_id,
    content_id,
    title,
    'article' as content_kind,
    cast(null as timestamp) as published_at,
    business_date
from {{ ref('stg_wechat_mp__article_days') }}
