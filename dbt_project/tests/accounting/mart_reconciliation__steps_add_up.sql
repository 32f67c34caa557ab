-- The platform's figure and the steps of a day add up to ours; what is unexplained has a row of its own; nothing is known of one side alone.
select metric, platform, account_id, business_date, max(reported) as reported, sum(change) as changes, max(ours) as ours
from {{ ref('mart_reconciliation') }}
group by metric, platform, account_id, business_date
having
    max(reported) + sum(change) <> max(ours)
    or min(reported) <> max(reported)
    or min(ours) <> max(ours)
    or count(reported) not in (0, count(*))
    or count(ours) not in (0, count(*))
    or count(change) <> case when count(reported) > 0 and count(ours) > 0 then count(*) else 0 end
    or sum(case when reason = 'unexplained' then 1 else 0 end) <> 1
