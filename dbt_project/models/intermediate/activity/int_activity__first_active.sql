{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_of_touched_dates',
    touches_members='first_active'
) }}
-- Grain: one row per scope and member who was ever active in it: the first business date of their activity.
-- Of a touched date, only who is active on it or was first active on it can have another first date. Whoever lost that first day is
-- looked up in all later dates; nobody else's history is read.
{% if rebuilds_some_members() %}
    with touched as (
        {{ touched_activity_dates() }}
    ),

    present_days as (
        select scope_type, scope_id, member_key, min(business_date) as first_active_date
        from {{ ref('int_activity__member_day_scopes') }}
        where {{ is_one_of_dates('business_date', touched_activity_dates()) }}
        group by scope_type, scope_id, member_key
    ),

    before as (
        select scope_type, scope_id, member_key, first_active_date
        from {{ this }}
        where member_key in ({{ members_of_touched_dates() }})
    ),

    lost as (
        select before.scope_type, before.scope_id, before.member_key, before.first_active_date
        from before
        left join present_days
            on
                before.scope_type = present_days.scope_type
                and before.scope_id = present_days.scope_id
                and before.member_key = present_days.member_key
                and before.first_active_date = present_days.first_active_date
        where before.first_active_date in (select business_date from touched) and present_days.member_key is null
    ),

    candidates as (
        select scope_type, scope_id, member_key, first_active_date
        from present_days
        union all
        select scope_type, scope_id, member_key, first_active_date
        from before
        where first_active_date not in (select business_date from touched)
        union all
        select days.scope_type, days.scope_id, days.member_key, days.business_date as first_active_date
        from {{ ref('int_activity__member_day_scopes') }} as days
        inner join lost
            on days.scope_type = lost.scope_type and days.scope_id = lost.scope_id and days.member_key = lost.member_key
        where
            days.business_date > {{ earliest_touched_first_date() }}
            and days.business_date not in (select business_date from touched)
    )

    select scope_type, scope_id, member_key, min(first_active_date) as first_active_date
    from candidates
    group by scope_type, scope_id, member_key
{% else %}
    select scope_type, scope_id, member_key, min(business_date) as first_active_date
    from {{ ref('int_activity__member_day_scopes') }}
    group by scope_type, scope_id, member_key
{% endif %}
