-- The bare minimum that gives right numbers on DuckDB, beside which the line is measured: no framework, no ledger, no checks.
-- It answers the questions of the marts on activity, lifecycle, retention and growth in the line's own grain, and nothing else.
-- `$first` .. `$last` are the touched business dates, within one calendar month, and no later date is built: what is touched always reaches
-- to the last known date, and a longer stretch is built month by month, so that memory is that of a month. Times are local already.
--
-- Nothing is counted as distinct twice. For every active day of a member it is told how many days before they were active last: who was
-- away for longer than a window or period has lasted enters it on that day, and so each count of members over several days (trailing
-- windows, weeks, months, retention) is a sum over days. A date is worked on once,
-- and reads at most two months, of the members who are active on it.
--
-- Beyond the least SQL for one community, because the marts promise it:
--   scopes      every number for all, platform, community and channel: each member-day is read three times (a member has one channel)
--   identity    two ids of one person are one member: a look-up of every id
--   memberships channel and first presence of a member, joins and stock by day
--   grains      lifecycle and retention by day, week and month
--   hours       hour mask in the member-day, events by community and hour
--   unevenness  messages of the ten who write most and the Gini coefficient, by scope and day
--   publishing  the marts as Parquet files
-- Left out, in the floor's favour: leaving and coming back, rolling and within-period retention, maturity, the retention of
-- memberships (nobody leaves in the generated data), links of ids that are known already, memberships that arrive late, orders, content,
-- data status, key-to-date moves, keyed hashes, quarantine, dimensions, digests, the comparison with the release before.

-- step: schema
-- Scopes and members are numbers while they are counted; the results bear names.
create table scopes (scope smallint, scope_type varchar, scope_id varchar);
insert into scopes values (0, 'all', 'all');
create table member (platform varchar, member_id varchar, member_key integer);
-- With the channel that a member came by, in the row of all: the channel's members are those of all who have it.
create table presence (scope smallint, member_key integer, start_date date, channel smallint);
create table first_active (scope smallint, member_key integer, first_date date);
create table member_day (
    business_date date, member_key integer, platform smallint, community smallint, interactions integer, messages integer, hour_mask integer
);
-- Of the active members of a date, how many were active last so many days before; and how many of them are new in the date's periods.
create table away (
    business_date date, scope smallint, days_away integer, members bigint, new_in_day bigint, new_in_week bigint, new_in_month bigint
);
-- Of a cohort, who was active on a date for the first time in the period it lies in.
create table returned (definition varchar, period_grain varchar, cohort_start date, business_date date, scope smallint, members bigint);
create table daily_active (
    business_date date, scope_type varchar, scope_id varchar, dau bigint, interactions bigint, messages bigint, active_present_members bigint
);
create table speaking (
    business_date date, scope_type varchar, scope_id varchar, speakers bigint, top10_messages bigint, message_gini double
);
create table trailing_active (business_date date, scope_type varchar, scope_id varchar, wau_7 bigint, mau_28 bigint, mau_30 bigint);
create table hourly (business_date date, hour integer, scope_type varchar, scope_id varchar, events bigint, active_members bigint);
create table lifecycle (
    period_grain varchar, period_start date, scope_type varchar, scope_id varchar,
    new bigint, retained bigint, resurrected bigint, dormant bigint
);
create table retention_cells (
    definition varchar, period_grain varchar, cohort_start date, period_start date, scope_type varchar, scope_id varchar, members bigint
);
create table growth (business_date date, scope_type varchar, scope_id varchar, joins bigint, members_at_end bigint);
create table grains as select unnest(['day', 'week', 'month']) as period_grain;
create macro period_of(grain, day) as cast(date_trunc(grain, day) as date);
create macro period_before(grain, day) as period_of(grain, period_of(grain, day) - 1);
create macro period_after(grain, day) as cast(
    period_of(grain, day) + case grain when 'day' then interval 1 day when 'week' then interval 7 day else interval 1 month end as date
);

-- step: identity
-- When links arrive: all ids of a person get the same number.
insert into member
select platform, member_id, (select coalesce(max(member_key), 0) from member) + dense_rank() over (order by person_id)
from (
    select platform, member_id, min(person_id) as person_id
    from read_csv('$root/identity_links/*.csv', all_varchar = true)
    group by all
) anti join member using (platform, member_id);

-- step: build
create or replace temp table membership as
select platform, member_id, platform || '::' || community_id as community_key, cast(joined_at as date) as joined_date, channel
from read_parquet('$root/memberships/*/*.parquet', hive_partitioning = true) as memberships
where memberships.date between date '$first' and date '$last';

-- A re-exported event keeps its date, so deduplication inside the touched dates is exact. Few are repeated: only those are ranked,
-- by a moment that is never null: with `desc nulls last`, two of twenty builds on DuckDB 1.5.6 took the older version of an event.
create or replace temp table repeated as
select event_id from read_parquet('$root/events/*/*.parquet', hive_partitioning = true) as events
where events.date between date '$first' and date '$last'
group by event_id having count(*) > 1;

-- By id and date, and (without an id) by community and hour, in one go.
create or replace temp table counted as
with touched as (
    select * from read_parquet('$root/events/*/*.parquet', hive_partitioning = true) as events
    where events.date between date '$first' and date '$last'
), newest as (
    select * from touched anti join repeated using (event_id)
    union all
    select * from touched semi join repeated using (event_id)
    qualify row_number() over (partition by event_id order by coalesce(updated_at, timestamp '-infinity') desc) = 1
), events as (
    select
        date as business_date, hour(occurred_at) as hour, platform, community_id, member_id, event_type in ('message', 'reply') as is_message
    from newest
)
select
    business_date, hour, platform, platform || '::' || community_id as community_key, member_id, grouping(member_id) as is_by_hour,
    count(*) as events, count(*) filter (where is_message) as messages, bit_or(1 << cast(hour as integer)) as hour_mask
from events
group by grouping sets ((business_date, platform, community_id, member_id), (business_date, hour, platform, community_id));

insert into scopes
select (select max(scope) from scopes) + row_number() over (), scope_type, scope_id
from (
    select unnest(['platform', 'community']) as scope_type, unnest([platform, community_key]) as scope_id from counted where is_by_hour = 1
    union
    select unnest(['platform', 'community', 'channel']), unnest([platform, community_key, channel]) from membership
) anti join scopes using (scope_type, scope_id);

insert into member
select platform, member_id, (select coalesce(max(member_key), 0) from member) + row_number() over ()
from (
    select platform, member_id from counted anti join member using (platform, member_id) where is_by_hour = 0
    union
    select platform, member_id from membership anti join member using (platform, member_id)
);

create or replace temp table communities as
select distinct platform, community_key, platforms.scope as platform_scope, communities.scope as community_scope
from (select platform, community_key from counted where is_by_hour = 1 union select platform, community_key from membership)
join scopes as platforms on platforms.scope_type = 'platform' and platforms.scope_id = platform
join scopes as communities on communities.scope_type = 'community' and communities.scope_id = community_key;

-- Firsts are replaced by window, never min-upserted: a retracted first event must move the date later.
create or replace temp table joining as
select member_key, platform_scope, community_scope, community_key, joined_date, scope as channel
from membership join member using (platform, member_id) join communities using (platform, community_key)
left join scopes on scope_type = 'channel' and scope_id = channel;

delete from presence where start_date >= date '$first';
insert into presence
select scope, member_key, min(joined_date), if(scope = 0, arg_min(channel, (joined_date, community_key)), null)
from (
    select unnest([0, platform_scope, community_scope]) as scope, member_key, joined_date, community_key, channel from joining
) anti join presence using (scope, member_key) group by scope, member_key;

delete from growth where business_date >= date '$first';
insert into growth
with joins as (
    select start_date as business_date, scopes_of.scope, count(*) as joins
    from presence cross join unnest([presence.scope, channel]) as scopes_of (scope)
    where start_date >= date '$first' and scopes_of.scope is not null group by all
), stock as (
    select scope_type, scope_id, max(members_at_end) as members_before from growth group by all
)
select
    business_date, scope_type, scope_id, joins,
    coalesce(members_before, 0) + sum(joins) over (partition by scope_type, scope_id order by business_date)
from joins join scopes using (scope) left join stock using (scope_type, scope_id);

delete from member_day where business_date >= date '$first';
insert into member_day
select business_date, member_key, platform_scope, community_scope, sum(events), sum(messages), bit_or(hour_mask)
from counted join member using (platform, member_id) join communities using (platform, community_key)
where is_by_hour = 0 group by all;

-- The touched dates' members by scope: a bit for each active day from `$last` (bit 0) back to the begin of the month before, or thirty
-- days before `$first`; their first active day among them is their first ever, unless an earlier one is known.
delete from first_active where first_date >= date '$first';
create or replace temp table seen as
with by_community as (
    select
        community as scope, platform, member_key, bit_or(cast(1 as bigint) << (date '$last' - business_date)) as days,
        min(business_date) as first_seen
    from member_day
    where
        business_date >= least(period_before('month', date '$first'), date '$first' - 30)
        and member_key in (select member_key from member_day where business_date >= date '$first')
    group by all
), by_platform as (
    select platform as scope, member_key, bit_or(days) as days, min(first_seen) as first_seen from by_community group by all
), by_all as (
    select 0 as scope, member_key, bit_or(days) as days, min(first_seen) as first_seen from by_platform group by all
), by_scope as (
    select * exclude (platform) from by_community
    union all
    select * from by_platform
    union all
    select * from by_all
)
select
    scope, member_key, days, channel, first_date is null as is_first, coalesce(first_date, first_seen) as first_date, start_date
from by_scope left join first_active using (scope, member_key) left join presence using (scope, member_key)
where days & ((cast(1 as bigint) << (date '$last' - date '$first' + 1)) - 1) <> 0;
insert into first_active select scope, member_key, first_date from seen where is_first;

-- Each touched date by scope and member, with the days since the member was active before. Below the lowest bit of the days before lie
-- as many zeros as days between; nobody was away for 999 days: those were not seen before.
create or replace temp table active as
with by_community as (
    select business_date, community as scope, platform, member_key, interactions, messages, hour_mask
    from member_day where business_date >= date '$first'
), by_platform as (
    select
        business_date, platform as scope, member_key,
        cast(sum(interactions) as integer) as interactions, cast(sum(messages) as integer) as messages, bit_or(hour_mask) as hour_mask
    from by_community group by all
), by_all as (
    select
        business_date, 0 as scope, member_key,
        cast(sum(interactions) as integer) as interactions, cast(sum(messages) as integer) as messages, bit_or(hour_mask) as hour_mask
    from by_platform group by all
), by_scope as (
    select * exclude (platform) from by_community
    union all
    select * from by_platform
    union all
    select * from by_all
)
select
    business_date, scope, channel, interactions, messages, hour_mask, first_date, start_date,
    case when before = 0 then 999 else bit_count((before - 1) & ~before) + 1 end as days_away
from (
    select by_scope.*, channel, first_date, start_date, days >> (date '$last' - business_date + 1) as before
    from by_scope join seen using (scope, member_key)
);

-- Members of a date by the number of their messages are few rows: they tell the sums, and ranks without ranking members.
create or replace temp table by_messages as
select
    business_date, scopes_of.scope, messages, sum(members) as members, sum(interactions) as interactions, sum(present) as present
from (
    select
        business_date, scope, channel, messages, count(*) as members, sum(interactions) as interactions,
        count(*) filter (where start_date <= business_date) as present
    from active group by all
) as counts cross join unnest([counts.scope, channel]) as scopes_of (scope)
where scopes_of.scope is not null group by all;

delete from daily_active where business_date >= date '$first';
insert into daily_active
select business_date, scope_type, scope_id, sum(members), sum(interactions), sum(messages * members), sum(present)
from by_messages join scopes using (scope) group by all;

delete from speaking where business_date >= date '$first';
insert into speaking
select
    business_date, scope_type, scope_id, sum(members), sum(messages * greatest(0, least(members, 10 - louder))),
    2 * sum(messages * members * (2 * quieter + members + 1) / 2) / (sum(members) * sum(messages * members)) - (sum(members) + 1) / sum(members)
from (
    select
        business_date, scope, messages, members,
        sum(members) over (partition by business_date, scope order by messages) - members as quieter,
        sum(members) over (partition by business_date, scope order by messages desc) - members as louder
    from by_messages where messages > 0
) join scopes using (scope) group by business_date, scope_type, scope_id;

delete from hourly where business_date >= date '$first';
insert into hourly
with volumes as (
    select business_date, hour, unnest([0, platform_scope, community_scope]) as scope, events
    from counted join communities using (platform, community_key) where is_by_hour = 1
), actives as (
    select business_date, hours.hour, scope, count(*) as active_members
    from active join range(24) as hours (hour) on hour_mask & (1 << cast(hours.hour as integer)) <> 0
    group by all
)
select business_date, hour, scope_type, scope_id, sum(events), any_value(active_members)
from volumes join actives using (business_date, hour, scope) join scopes using (scope) group by all;

delete from away where business_date >= date '$first';
insert into away
select business_date, scopes_of.scope, days_away, sum(members), sum(new_in_day), sum(new_in_week), sum(new_in_month)
from (
    select
        business_date, scope, channel, days_away, count(*) as members,
        count(*) filter (where is_first and coalesce(start_date >= business_date, true)) as new_in_day,
        count(*) filter (where is_first and coalesce(business_date - start_date < isodow(business_date), true)) as new_in_week,
        count(*) filter (where is_first and coalesce(business_date - start_date < day(business_date), true)) as new_in_month
    from (select *, first_date = business_date as is_first from active) group by all
) as counts cross join unnest([counts.scope, channel]) as scopes_of (scope)
where scopes_of.scope is not null group by all;

-- A window of 7 days is entered on its first active day: by who was away for longer than the window has lasted.
delete from trailing_active where business_date >= date '$first';
insert into trailing_active
select
    cast(days.day as date), scope_type, scope_id,
    sum(members) filter (where business_date > days.day - interval 7 day and days_away >= business_date - cast(days.day as date) + 7),
    sum(members) filter (where business_date > days.day - interval 28 day and days_away >= business_date - cast(days.day as date) + 28),
    sum(members) filter (where days_away >= business_date - cast(days.day as date) + 30)
from away
join generate_series(date '$first', date '$last', interval 1 day) as days (day)
    on business_date <= days.day and business_date > days.day - interval 30 day
join scopes using (scope)
where business_date > date '$first' - 30
group by all;

-- The same for periods: those that hold a touched date, and the ones before them.
delete from lifecycle where period_start >= period_of(period_grain, date '$first');
insert into lifecycle
with entered as (
    select period_grain, period_of(period_grain, business_date) as period_start, *
    from away cross join grains
    where business_date >= period_before('month', date '$first') and business_date >= period_before(period_grain, date '$first')
), counted as (
    select
        period_grain, period_start, scope, sum(members) as active,
        sum(case period_grain when 'day' then new_in_day when 'week' then new_in_week else new_in_month end) as new,
        sum(members) filter (where business_date - days_away >= period_before(period_grain, period_start)) as retained
    from entered where days_away > business_date - period_start group by all
), following as (
    select *, 0 as active_before from counted
    union all
    select period_grain, period_after(period_grain, period_start), scope, 0, 0, 0, active from counted
)
select
    period_grain, period_start, scope_type, scope_id, sum(new), coalesce(sum(retained), 0), sum(active) - sum(new) - coalesce(sum(retained), 0),
    sum(active_before) - coalesce(sum(retained), 0)
from following join scopes using (scope)
where period_start between period_of(period_grain, date '$first') and date '$last'
group by all;

-- Cells by cohort and by the period of the return.
create or replace temp table returns as
with days as (
    select *, days_away >= isodow(business_date) as enters_week, days_away >= day(business_date) as enters_month from active
)
select 'activity' as definition, * from (
    select business_date, scope, channel, first_date as entry_date, enters_week, enters_month, count(*) as members
    from days where first_date < business_date group by all
)
union all
select 'member', * from (
    select business_date, scope, channel, start_date, enters_week, enters_month, count(*)
    from days where start_date < business_date group by all
);

delete from returned where business_date >= date '$first';
insert into returned
select
    definition, period_grain, period_of(period_grain, entry_date) as cohort_start, business_date, scopes_of.scope, sum(members)
from returns cross join grains cross join unnest([returns.scope, channel]) as scopes_of (scope)
where
    scopes_of.scope is not null
    and case period_grain when 'day' then true when 'week' then enters_week else enters_month end
    and period_of(period_grain, business_date) > period_of(period_grain, entry_date)
    and period_of(period_grain, business_date) <= period_of(period_grain, entry_date)
        + case period_grain when 'day' then interval 90 day when 'week' then interval 364 day else interval 24 month end
group by all;

delete from retention_cells where period_start >= period_of(period_grain, date '$first');
insert into retention_cells
select definition, period_grain, cohort_start, period_of(period_grain, business_date) as period_start, scope_type, scope_id, sum(members)
from returned join scopes using (scope)
where
    business_date >= least(period_of('week', date '$first'), period_of('month', date '$first'))
    and business_date >= period_of(period_grain, date '$first')
group by all;

-- step: publish
copy daily_active to '$target/daily_active.parquet';
copy speaking to '$target/speaking.parquet';
copy trailing_active to '$target/trailing_active.parquet';
copy hourly to '$target/hourly.parquet';
copy lifecycle to '$target/lifecycle.parquet';
copy retention_cells to '$target/retention_cells.parquet';
copy growth to '$target/growth.parquet';

-- step: compare
-- Rows that only one of the two has: a benchmark of two things that disagree says nothing.
select 'daily actives' as numbers, count(*) as different from (
    (select business_date, scope_type, scope_id, dau, interactions, messages, active_present_members from daily_active
    except
    select business_date, scope_type, scope_id, dau, interactions, messages, active_present_members from line.marts.mart_activity_daily)
    union all
    (select business_date, scope_type, scope_id, dau, interactions, messages, active_present_members from line.marts.mart_activity_daily
    where dau > 0
    except
    select business_date, scope_type, scope_id, dau, interactions, messages, active_present_members from daily_active)
)
union all
select 'speakers', count(*) from (
    select business_date, scope_type, scope_id, speakers, top10_messages, round(message_gini, 9) from speaking
    except
    select business_date, scope_type, scope_id, speakers, top10_messages, round(message_gini, 9) from line.marts.mart_activity_daily
)
union all
select 'trailing actives', count(*) from (
    select business_date, scope_type, scope_id, wau_7, mau_28, mau_30 from trailing_active
    except
    select business_date, scope_type, scope_id, wau_7, mau_28, mau_30 from line.marts.mart_activity_daily
)
union all
select 'hours', count(*) from (
    (from hourly except select business_date, hour, scope_type, scope_id, events, active_members from line.marts.mart_activity_hourly)
    union all
    (select business_date, hour, scope_type, scope_id, events, active_members from line.marts.mart_activity_hourly except from hourly)
)
union all
select 'lifecycle', count(*) from (
    select period_grain, period_start, scope_type, scope_id, new, retained, resurrected, dormant from lifecycle
    except
    select period_grain, period_start, scope_type, scope_id, new, retained, resurrected, dormant from line.marts.mart_lifecycle
)
union all
select 'retention', count(*) from (
    (select definition, period_grain, cohort_start, period_start, scope_type, scope_id, members from retention_cells
    except
    select
        definition, period_grain, cohort_start,
        cast(case period_grain
            when 'day' then cohort_start + to_days(cast(period_index as integer))
            when 'week' then cohort_start + to_days(cast(7 * period_index as integer))
            else cohort_start + to_months(cast(period_index as integer))
        end as date),
        scope_type, scope_id, retained_members
    from line.marts.mart_retention)
    union all
    (select definition, period_grain, cohort_start, cast(null as date), scope_type, scope_id, sum(retained_members)
    from line.marts.mart_retention where definition in ('activity', 'member') and period_index > 0
    group by all having sum(retained_members) > 0
    except
    select definition, period_grain, cohort_start, cast(null as date), scope_type, scope_id, sum(members) from retention_cells group by all)
)
union all
select 'growth', count(*) from (
    from growth except select business_date, scope_type, scope_id, joins, members_at_end from line.marts.mart_growth_daily
);
