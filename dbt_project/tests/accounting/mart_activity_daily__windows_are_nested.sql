-- A longer window never holds fewer active members than a shorter one.
select business_date, scope_type, scope_id, dau, wau_7, mau_28, mau_30
from {{ ref('mart_activity_daily') }}
where dau > wau_7 or wau_7 > mau_28 or mau_28 > mau_30
