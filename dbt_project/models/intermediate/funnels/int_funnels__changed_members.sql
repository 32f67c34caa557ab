-- depends_on: {{ ref('int_funnels__observed') }}
-- Grain: one row per member whose best attempt of all time this build looks for anew.
-- Whose attempts are made anew (they are of who came through another channel, too: their presences are others), or who has some on dates
-- of which it has become known, or no longer is, what followed. A table, so that an engine knows how few they are before it reads
-- everybody's attempts.
select member_key
from {{ ref('int_funnels__rebuilt_members') }}
union
select member_key
from {{ ref('int_funnels__attempts') }}
where entry_date in ({{ touched_dates('funnel_known') }})
