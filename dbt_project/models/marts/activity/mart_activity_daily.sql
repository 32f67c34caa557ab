{{ config(materialized='incremental', incremental_strategy='replace_partitions', partition_columns=['business_date'], affected='rebuilt_activity_dates') }}
-- depends_on: {{ ref('int_activity__rebuilt_dates') }}
-- Grain: one row per business date and scope, from the scope's first activity to the last date that is known.
-- Who was active, how often, and how evenly; distinct counts are taken inside each scope and never add up.
with actives as (
    select scope_type, scope_id, business_date, dau, wau_7, mau_28, mau_30
    from {{ ref('int_activity__trailing_actives') }}
),

volumes as (
    select
        scope_type,
        scope_id,
        business_date,
        {{ count_measure('sum(interactions)') }} as interactions,
        {{ count_measure('sum(present_members)') }} as active_present_members
    from {{ ref('int_activity__message_counts') }}
    group by scope_type, scope_id, business_date
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
    case when membership.present_members is not null then coalesce(volumes.active_present_members, 0) end as active_present_members,
    case
        when membership.present_members is not null
            then {{ ratio('coalesce(volumes.active_present_members, 0)', 'membership.present_members') }}
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
