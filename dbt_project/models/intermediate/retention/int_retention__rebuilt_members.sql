-- depends_on: {{ ref('int_activity__member_day_event_type') }}
-- depends_on: {{ ref('int_membership__channels') }}
-- depends_on: {{ ref('int_status__observed') }}
-- Grain: one row per member whose entries or returns this build looks at again.
-- Whose activity, presence or channel differs from the release; and, where the known range was moved, who was active, came or went in
-- between: a week or a month counts as soon as its first day is known.
with moved as (
    {{ touched_dates('observed') }}
),

counted_otherwise as (
    select business_date
    from {{ ref('int_calendar__dates') }}
    where
        business_date in (select business_date from moved)
        or {{ week_start('business_date') }} in (select business_date from moved)
        or {{ month_start('business_date') }} in (select business_date from moved)
)

select member_key from control.touched_members where domain in ('activity', 'presence', 'channel')
union
select member_key
from {{ ref('int_activity__member_day') }}
where business_date in (select business_date from counted_otherwise)
union
select member_key
from {{ ref('int_membership__presence') }}
where start_date in (select business_date from moved) or count_until in (select business_date from moved)
