{{ config(materialized='view') }}
-- Grain: one row per account of 公众号 and business date.
-- Followers who came and went are told twice: per day by the console, and per source by the interface. Where a day states both
-- figures they are taken; else the sources are added up. Never both.
with by_source as (
    select platform, account_id, business_date, sum(gained) as gained, sum(lost) as lost
    from {{ ref('stg_wechat_mp__fan_days') }}
    group by platform, account_id, business_date
)

select
    coalesce(days.platform, by_source.platform) as platform,
    coalesce(days.account_id, by_source.account_id) as account_id,
    coalesce(days.business_date, by_source.business_date) as business_date,
    days.followers,
    case when days.gained is not null and days.lost is not null then days.gained else {{ count_measure('by_source.gained') }} end as gained,
    case when days.gained is not null and days.lost is not null then days.lost else {{ count_measure('by_source.lost') }} end as lost,
    days.reads,
    days.likes,
    days.comments,
    days.shares
from {{ ref('stg_wechat_mp__account_days') }} as days
full outer join by_source
    on days.platform = by_source.platform and days.account_id = by_source.account_id and days.business_date = by_source.business_date
