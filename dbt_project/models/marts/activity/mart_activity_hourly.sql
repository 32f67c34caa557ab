{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['business_date'],
    affected='touched_activity_mart_dates'
) }}
-- Grain: one row per business date, hour of the local day and scope in which something happened; a missing hour had no event.
-- Hour of week is read off this: local hours, so that a heatmap shows the members' day.
with members as (
    select distinct scope_type, scope_id, business_date, member_key, hour_mask
    from {{ ref('int_activity__member_day_scopes') }}
    where
        scope_type <> 'channel'
        {% if is_incremental() -%}
            and business_date in ({{ touched_activity_mart_dates() }})
        {%- endif %}
),

active as (
    select
        members.scope_type,
        members.scope_id,
        members.business_date,
        hours.hour,
        {{ count_measure('count(distinct members.member_key)') }} as active_members
    from members
    cross join (
        values
        (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11),
        (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23)
    ) as hours (hour)
    where {{ has_hour('members.hour_mask', 'hours.hour') }}
    group by members.scope_type, members.scope_id, members.business_date, hours.hour
),

community_hours as (
    select business_date, hour, platform, community_key, events
    from {{ ref('int_activity__community_hour') }}
    {% if is_incremental() -%}
        where business_date in ({{ touched_activity_mart_dates() }})
    {%- endif %}
),

volumes as (
    select 'all' as scope_type, 'all' as scope_id, business_date, hour, sum(events) as events
    from community_hours
    group by business_date, hour
    union all
    select 'platform' as scope_type, platform as scope_id, business_date, hour, sum(events) as events
    from community_hours
    group by platform, business_date, hour
    union all
    select 'community' as scope_type, community_key as scope_id, business_date, hour, sum(events) as events
    from community_hours
    where community_key <> ''
    group by community_key, business_date, hour
)

select
    volumes.business_date,
    cast(volumes.hour as integer) as hour,
    volumes.scope_type,
    volumes.scope_id,
    {{ count_measure('volumes.events') }} as events,
    active.active_members
from volumes
inner join active
    on
        volumes.scope_type = active.scope_type
        and volumes.scope_id = active.scope_id
        and volumes.business_date = active.business_date
        and volumes.hour = active.hour
-- A scope is known between its first and its last date; what lies beyond is not complete yet.
inner join {{ ref('int_status__scope_dates') }} as scope_dates
    on
        scope_dates.domain = 'activity'
        and volumes.scope_type = scope_dates.scope_type
        and volumes.scope_id = scope_dates.scope_id
        and volumes.business_date between scope_dates.first_date and scope_dates.last_date
