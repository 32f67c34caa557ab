{{ config(materialized='view') }}
-- Grain: one row per end of a rebuilt period, scope and member present in it at the end of that day, with all that a segment may ask.
-- Who is out is in no segment: they are counted as left, and as dormant while their activity is remembered.
with ends as (
    select distinct as_of_date
    from {{ ref('int_segments__rebuilt_periods') }}
),

present as (
    select
        ends.as_of_date,
        presence.scope_type,
        presence.scope_id,
        presence.member_key,
        {{ days_between('ends.as_of_date', 'presence.start_date') }} as days_since_joined
    from {{ ref('int_membership__presence') }} as presence
    inner join ends
        on presence.start_date <= ends.as_of_date and (presence.end_date is null or presence.end_date > ends.as_of_date)
),

known as (
    select
        present.as_of_date,
        present.scope_type,
        present.scope_id,
        present.member_key,
        present.days_since_joined,
        active.days_since_active,
        case
            when first_seen.first_active_date <= present.as_of_date
                then {{ days_between('present.as_of_date', 'first_seen.first_active_date') }}
        end as days_since_first_active,
        coalesce(active.active_days_of_28, 0) as active_days_of_28,
        coalesce(active.active_weeks_of_8, 0) as active_weeks_of_8
    from present
    left join {{ ref('int_segments__activity') }} as active
        on
            present.as_of_date = active.as_of_date
            and present.scope_type = active.scope_type
            and present.scope_id = active.scope_id
            and present.member_key = active.member_key
    left join {{ ref('int_activity__first_seen') }} as first_seen
        on
            present.scope_type = first_seen.scope_type
            and present.scope_id = first_seen.scope_id
            and present.member_key = first_seen.member_key
)

select
    *,
    case when days_since_first_active is null then 0 else 1 end as ever_active,
    -- Since the last activity or, for who has shown none in the look-back, since they came in: a newcomer gets time to begin.
    case when days_since_active < days_since_joined then days_since_active else days_since_joined end as days_idle
from known
