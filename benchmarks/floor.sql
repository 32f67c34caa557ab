-- The bare minimum that gives right numbers on DuckDB, beside which the line is measured: no framework, no ledger, no checks.
-- It answers the questions of the marts on activity, lifecycle, retention and growth in the line's own grain, and nothing else.
-- `$first` .. `$last` is the touched range of business dates and always reaches to the last known date; times are local already.
--
-- Beyond the least SQL for one community, because the marts promise it:
--   scopes      every number for all, platform, community and channel: each member-day is read three or four times
--   identity    two ids of one person are one member: a join on every event
--   memberships channel and first presence of a member, joins and stock by day (small, computed whole)
--   grains      lifecycle and retention by day, week and month: a touched day rebuilds the month it lies in
--   hours       hour mask in the member-day, events by community and hour
--   unevenness  messages of the ten who write most and the Gini coefficient: a ranking of the members of each scope and day
--   publishing  the marts as Parquet files
-- Left out, in the floor's favour: leaving and coming back, rolling and within-period retention, maturity, the retention of
-- memberships (nobody leaves in the generated data), orders, content, data status, key-to-date moves, keyed hashes, quarantine,
-- dimensions, digests, the comparison with the release before.

-- step: schema
create table member_day (
    business_date date, member_key varchar, platform varchar, community_key varchar, interactions bigint, messages bigint, hour_mask integer
);
create table community_hour (business_date date, hour integer, platform varchar, community_key varchar, events bigint);
create table channel (member_key varchar, channel varchar);
create table presence (scope_type varchar, scope_id varchar, member_key varchar, start_date date);
create table first_active (scope_type varchar, scope_id varchar, member_key varchar, first_date date);
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
create view scoped_day as
select 'all' as scope_type, 'all' as scope_id, * from member_day
union all
select 'platform', platform, * from member_day
union all
select 'community', community_key, * from member_day
union all
select 'channel', channel, member_day.* from member_day join channel using (member_key);

-- step: build
create or replace temp table person as
select platform, member_id, min(person_id) as person_id
from read_csv('$root/identity_links/*.csv', all_varchar = true)
group by all;

-- Memberships are few: whole, every time.
create or replace temp table membership as
select
    coalesce(person.person_id, platform || member_id) as member_key, platform, platform || '::' || community_id as community_key,
    cast(joined_at as date) as joined_date, channel
from read_parquet('$root/memberships/*/*.parquet', hive_partitioning = false) left join person using (platform, member_id);

delete from channel;
insert into channel select member_key, arg_min(channel, (joined_date, community_key)) from membership group by 1;

delete from presence;
insert into presence
select unnest(['all', 'platform', 'community', 'channel']), unnest(['all', platform, community_key, channel.channel]), member_key, joined_date
from membership join channel using (member_key);
create or replace temp table first_presence as
select scope_type, scope_id, member_key, min(start_date) as start_date from presence group by all;

delete from growth;
insert into growth
select start_date, scope_type, scope_id, count(*), sum(count(*)) over (partition by scope_type, scope_id order by start_date)
from first_presence group by start_date, scope_type, scope_id;

-- A re-exported event keeps its date, so deduplication inside the touched dates is exact.
create or replace temp table touched_event as
select
    business_date, hour(occurred_at) as hour, coalesce(person.person_id, platform || member_id) as member_key, platform,
    platform || '::' || community_id as community_key, event_type in ('message', 'reply') as is_message
from (
    select
        *, cast(occurred_at as date) as business_date,
        row_number() over (partition by event_id order by updated_at desc nulls last) as newest
    from read_parquet('$root/events/*/*.parquet', hive_partitioning = true) as events
    where events.date between date '$first' and date '$last'
) left join person using (platform, member_id)
where newest = 1;

delete from member_day where business_date between date '$first' and date '$last';
insert into member_day
select business_date, member_key, platform, community_key, count(*), count(*) filter (where is_message), bit_or(1 << cast(hour as integer))
from touched_event group by all order by business_date;

delete from community_hour where business_date between date '$first' and date '$last';
insert into community_hour select business_date, hour, platform, community_key, count(*) from touched_event group by all;

-- Replaced by window, never min-upserted: a retracted first event must move the date later.
delete from first_active where first_date between date '$first' and date '$last';
insert into first_active
select scope_type, scope_id, member_key, min(business_date)
from scoped_day anti join first_active using (scope_type, scope_id, member_key)
where business_date between date '$first' and date '$last' group by all;

delete from daily_active where business_date between date '$first' and date '$last';
insert into daily_active
select
    business_date, scope_type, scope_id, count(distinct member_key), sum(interactions), sum(messages),
    count(distinct member_key) filter (where start_date <= business_date)
from scoped_day left join first_presence using (scope_type, scope_id, member_key)
where business_date between date '$first' and date '$last' group by all;

delete from speaking where business_date between date '$first' and date '$last';
insert into speaking
select
    business_date, scope_type, scope_id, count(*), coalesce(sum(messages) filter (where from_top <= 10), 0),
    2 * sum(from_bottom * messages) / (count(*) * sum(messages)) - (count(*) + 1) / count(*)
from (
    select
        business_date, scope_type, scope_id, member_key, sum(messages) as messages,
        row_number() over (partition by business_date, scope_type, scope_id order by sum(messages) desc) as from_top,
        row_number() over (partition by business_date, scope_type, scope_id order by sum(messages)) as from_bottom
    from scoped_day where business_date between date '$first' and date '$last' and messages > 0
    group by business_date, scope_type, scope_id, member_key
) group by business_date, scope_type, scope_id;

delete from hourly where business_date between date '$first' and date '$last';
insert into hourly
with events as (
    select
        business_date, hour, unnest(['all', 'platform', 'community']) as scope_type, unnest(['all', platform, community_key]) as scope_id,
        events
    from community_hour where business_date between date '$first' and date '$last'
), volumes as (
    select business_date, hour, scope_type, scope_id, sum(events) as events from events group by all
), actives as (
    select business_date, hours.hour, scope_type, scope_id, count(distinct member_key) as active_members
    from scoped_day join range(24) as hours (hour) on hour_mask & (1 << cast(hours.hour as integer)) <> 0
    where business_date between date '$first' and date '$last' and scope_type <> 'channel' group by all
)
select business_date, hour, scope_type, scope_id, events, active_members
from volumes join actives using (business_date, hour, scope_type, scope_id);

-- Who was active in each period that holds a touched date, and in the one before it.
create or replace temp table active_period as
with grains as (select unnest(['day', 'week', 'month']) as period_grain),
reach as (
    select
        period_grain,
        cast(date_trunc(period_grain, date '$first') as date) as first_period,
        cast(date_trunc(period_grain, date_trunc(period_grain, date '$first') - interval 1 day) as date) as period_before
    from grains
)
select distinct
    period_grain, cast(date_trunc(period_grain, business_date) as date) as period_start, scope_type, scope_id, member_key,
    business_date >= first_period as is_touched
from scoped_day join reach on business_date >= period_before
where business_date >= (select min(period_before) from reach);

delete from lifecycle where period_start >= cast(date_trunc(period_grain, date '$first') as date);
insert into lifecycle
with seen as (
    select period_grain, period_start, scope_type, scope_id, member_key, max(is_active) as is_active, max(1 - is_active) as was_active
    from (
        select period_grain, period_start, scope_type, scope_id, member_key, 1 as is_active from active_period where is_touched
        union all
        select
            period_grain,
            cast(case period_grain
                when 'day' then period_start + interval 1 day when 'week' then period_start + interval 7 day else period_start + interval 1 month
            end as date),
            scope_type, scope_id, member_key, 0
        from active_period
    ) group by all
), dated as (
    select
        seen.*,
        cast(date_trunc(period_grain, least(first_date, coalesce(start_date, first_date))) as date) = period_start as is_new
    from seen join first_active using (scope_type, scope_id, member_key) left join first_presence using (scope_type, scope_id, member_key)
)
select
    period_grain, period_start, scope_type, scope_id,
    count(*) filter (where is_active = 1 and is_new),
    count(*) filter (where is_active = 1 and not is_new and was_active = 1),
    count(*) filter (where is_active = 1 and not is_new and was_active = 0),
    count(*) filter (where is_active = 0)
from dated
where period_start <= date '$last' and period_start >= cast(date_trunc(period_grain, date '$first') as date)
group by all;

-- Cells by cohort and by the period of the return: those of touched periods only.
delete from retention_cells where period_start >= cast(date_trunc(period_grain, date '$first') as date);
insert into retention_cells
with cohorts as (
    select 'activity' as definition, scope_type, scope_id, member_key, first_date as entry_date from first_active
    union all
    select 'member', scope_type, scope_id, member_key, start_date from first_presence
)
select
    definition, period_grain, cast(date_trunc(period_grain, entry_date) as date) as cohort_start, period_start, scope_type, scope_id,
    count(*)
from active_period join cohorts using (scope_type, scope_id, member_key)
where
    is_touched and period_start > cast(date_trunc(period_grain, entry_date) as date)
    and period_start <= cast(date_trunc(period_grain, entry_date) as date)
        + case period_grain when 'day' then interval 90 day when 'week' then interval 364 day else interval 24 month end
group by all;

-- step: trailing_full
-- Over all dates at once: each active day counts until the member's next one or the end of its window.
delete from trailing_active;
insert into trailing_active
with active as (select distinct scope_type, scope_id, member_key, business_date from scoped_day),
followed as (
    select *, lead(business_date) over (partition by scope_type, scope_id, member_key order by business_date) as next_date from active
), changes as (
    select days, scope_type, scope_id, business_date, 1 as change from followed cross join (values (7), (28), (30)) as windows (days)
    union all
    select days, scope_type, scope_id, least(next_date, business_date + cast(days as integer)), -1
    from followed cross join (values (7), (28), (30)) as windows (days)
), running as (
    select
        days, scope_type, scope_id, business_date,
        sum(sum(change)) over (partition by days, scope_type, scope_id order by business_date) as members
    from changes group by days, scope_type, scope_id, business_date
)
select
    business_date, scope_type, scope_id, max(members) filter (where days = 7), max(members) filter (where days = 28),
    max(members) filter (where days = 30)
from running where business_date <= date '$last' group by all;

-- step: trailing_window
-- For the touched dates, of which the last is the last that is known: a day reads the thirty that end on it.
delete from trailing_active where business_date between date '$first' and date '$last';
insert into trailing_active
select
    cast(days.day as date), scope_type, scope_id, count(distinct member_key) filter (where business_date > days.day - interval 7 day),
    count(distinct member_key) filter (where business_date > days.day - interval 28 day), count(distinct member_key)
from scoped_day
join generate_series(date '$first', date '$last', interval 1 day) as days (day)
    on business_date <= days.day and business_date > days.day - interval 30 day
where business_date > date '$first' - 30
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
