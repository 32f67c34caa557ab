-- Grain: one row per platform account and business date, as the platform reports it.
-- What an account does not report is NULL; net is gained less lost, or the platform's own figure where it gives no other.
select
    platform,
    account_id,
    business_date,
    followers,
    gained,
    lost,
    coalesce(gained - lost, net) as net,
    reads,
    plays,
    likes,
    comments,
    shares
from {{ ref('int_content__account_daily') }}
