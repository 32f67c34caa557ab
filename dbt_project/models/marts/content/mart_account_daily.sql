-- Grain: one row per platform account and business date, as the platform reports it.
-- What an account does not report is NULL; net is the difference of what it does report.
select
    platform,
    account_id,
    business_date,
    followers,
    gained,
    lost,
    gained - lost as net,
    reads,
    plays,
    likes,
    comments,
    shares
from {{ ref('int_content__account_daily') }}
