{{ config(materialized='incremental', incremental_strategy='replace_partitions', partition_columns=['business_date'], affected='rebuilt_activity_dates') }}
-- depends_on: {{ ref('int_activity__rebuilt_dates') }}
-- Grain: one row per business date and scope, from the scope's first activity to the last date that is known.
-- Who was active, how often, and how evenly; distinct counts are taken inside each scope and never add up.
with actives as (
    select scope_type, scope_id, business_date, dau, wau_7, mau_28, mau_30
    from {{ ref('int_activity__trailing_actives') }}
),

volumes as (
    select scope_type, scope_id, business_date, {{ count_measure('sum(interactions)') }} as interactions
    from {{ ref('int_activity__member_day_scopes') }}
    where {{ is_rebuilt_date('business_date') }}
    group by scope_type, scope_id, business_date
),

active_present as (
    select days.scope_type, days.scope_id, days.business_date, {{ count_measure('count(distinct days.member_key)') }} as active_present_members
    from {{ ref('int_activity__member_day_scopes') }} as days
    inner join {{ ref('int_membership__presence') }} as presence
        on
            days.scope_type = presence.scope_type
            and days.scope_id = presence.scope_id
            and days.member_key = presence.member_key
            and days.business_date >= presence.start_date
            and (presence.count_until is null or days.business_date < presence.count_until)
    where {{ is_rebuilt_date('days.business_date') }}
    group by days.scope_type, days.scope_id, days.business_date
)

select
    actives.business_date,
    actives.scope_type,
    actives.scope_id,
    actives.dau,
    actives.wau_7,
    actives.mau_28,
    actives.mau_30,
    {{ ratio('actives.dau', 'actives.mau_30') }} as stickiness,
    coalesce(concentration.speakers, 0) as speakers,
    coalesce(concentration.messages, 0) as messages,
    coalesce(volumes.interactions, 0) as interactions,
    membership.present_members,
    case when membership.present_members is not null then coalesce(active_present.active_present_members, 0) end as active_present_members,
    case
        when membership.present_members is not null
            then {{ ratio('coalesce(active_present.active_present_members, 0)', 'membership.present_members') }}
    end as active_rate,
    coalesce(concentration.top10_messages, 0) as top10_messages,
    {{ ratio('concentration.top10_messages', 'concentration.messages') }} as top10_message_share,
    concentration.message_gini
from actives
left join volumes
    on actives.scope_type = volumes.scope_type and actives.scope_id = volumes.scope_id and actives.business_date = volumes.business_date
left join {{ ref('int_activity__concentration') }} as concentration
    on
        actives.scope_type = concentration.scope_type
        and actives.scope_id = concentration.scope_id
        and actives.business_date = concentration.business_date
left join {{ ref('int_membership__daily') }} as membership
    on
        actives.scope_type = membership.scope_type
        and actives.scope_id = membership.scope_id
        and actives.business_date = membership.business_date
left join active_present
    on
        actives.scope_type = active_present.scope_type
        and actives.scope_id = active_present.scope_id
        and actives.business_date = active_present.business_date
