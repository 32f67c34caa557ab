-- depends_on: {{ ref('int_funnels__events') }}
-- depends_on: {{ ref('int_membership__presence') }}
-- depends_on: {{ ref('int_commerce__orders') }}
-- Grain: one row per funnel and member whose attempts this build makes anew: the first and the last date on which these may start.
-- What a member does on a date reaches their attempts that began on it and, as far as the window goes, before it. A full refresh
-- makes all attempts of everybody: it needs no list, and none is made.
select
    definitions.definition,
    touched.member_key,
    {{ add_days('min(touched.business_date)', '-max(definitions.reach_days)') }} as first_date,
    max(touched.business_date) as last_date
from control.touched_member_dates as touched
cross join {{ ref('int_funnels__definitions') }} as definitions
where touched.domain = 'funnel' {{ 'and false' if funnels_rebuild_everything() }}
group by definitions.definition, touched.member_key
