-- Grain: one row per business date and scope, from the scope's first presence to the last date its member lists cover.
-- Joins and leaves count spells; new, rejoined and left count persons of the scope.
select
    daily.business_date,
    daily.scope_type,
    daily.scope_id,
    daily.joins,
    daily.leaves,
    daily.censored_leaves,
    daily.new_members,
    daily.rejoined_members,
    daily.left_members,
    daily.members_at_end,
    {{ count_measure('reported.new_members') }} as reported_new_members,
    {{ count_measure('reported.left_members') }} as reported_left_members,
    {{ count_measure('reported.members_at_end') }} as reported_members_at_end
from {{ ref('int_membership__daily') }} as daily
left join {{ ref('int_membership__reported') }} as reported
    on case when daily.scope_type = 'platform' then daily.scope_id end = reported.platform and daily.business_date = reported.business_date
