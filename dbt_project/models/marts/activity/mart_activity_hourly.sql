{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['business_date'],
    affected='touched_activity_mart_dates'
) }}
-- Grain: one row per business date, hour of the local day and scope in which something happened; a missing hour had no event.
-- Hour of week is read off this: local hours, so that a heatmap shows the members' day.
-- noqa: disable=LT02
{%- set hours = range(24) | list %}
with by_community as (
    select business_date, platform, community_key, member_key, hour_mask
    from {{ ref('int_activity__member_day') }}
    where
        actor_type = 'member'
        {% if is_incremental() -%}
            and {{ is_one_of_dates('business_date', touched_activity_mart_dates()) }}
        {%- endif %}
),

by_platform as (
    select business_date, platform, member_key, {{ bits_of_all('hour_mask') }} as hour_mask
    from by_community
    group by business_date, platform, member_key
),

masks as (
    select 'all' as scope_type, 'all' as scope_id, business_date, {{ bits_of_all('hour_mask') }} as hour_mask
    from by_platform
    group by business_date, member_key
    union all
    select 'platform' as scope_type, platform as scope_id, business_date, hour_mask
    from by_platform
    union all
    select 'community' as scope_type, community_key as scope_id, business_date, hour_mask
    from by_community
    where community_key <> ''
),

-- Every member's hours in one pass: a column an hour.
by_hour as (
    select
        scope_type,
        scope_id,
        business_date
        {%- for hour in hours %},
        {{ count_bit('hour_mask', hour) }} as members_{{ hour }}
        {%- endfor %}
    from masks
    group by scope_type, scope_id, business_date
),

active as (
    select
        by_hour.scope_type,
        by_hour.scope_id,
        by_hour.business_date,
        hours.hour,
        {{ numbered('by_hour.members_', 'hours.hour', hours) }} as active_members
    from by_hour
    cross join (
        values
        {%- for hour in hours %}
        ({{ hour }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as hours (hour)
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
        and active.active_members > 0
-- A scope is known between its first and its last date; what lies beyond is not complete yet.
inner join {{ ref('int_status__scope_dates') }} as scope_dates
    on
        scope_dates.domain = 'activity'
        and volumes.scope_type = scope_dates.scope_type
        and volumes.scope_id = scope_dates.scope_id
        and volumes.business_date between scope_dates.first_date and scope_dates.last_date
