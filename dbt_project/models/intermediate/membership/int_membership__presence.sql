-- depends_on: {{ ref('int_calendar__dates') }}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='members_of_changed_entries',
    touches='presence_touches',
    touches_members='presence',
    touches_member_dates={'funnel': 'start_date'}
) }}
-- Grain: one row per scope, member and uninterrupted presence: the union of the person's spells in the scope, touching ones merged.
-- Flows of persons are counted on presences: who changes groups inside a scope neither joins nor leaves it.
with spells as (
    select
        scope_type,
        scope_id,
        member_key,
        joined_at,
        coalesce(left_at, timestamp '9999-12-31 00:00:00') as left_at
    from {{ ref('int_membership__scoped_spells') }}
    {% if rebuilds_some_members() -%}
        where member_key in ({{ members_of_changed_entries() }})
    {%- endif %}
),

islands as (
    select
        *,
        max(left_at) over (
            partition by scope_type, scope_id, member_key
            order by joined_at, left_at
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from spells
),

numbered as (
    select
        *,
        sum(case when covered_until is null or joined_at > covered_until then 1 else 0 end) over (
            partition by scope_type, scope_id, member_key
            order by joined_at, left_at
            rows between unbounded preceding and current row
        ) as presence_index
    from islands
),

merged as (
    select
        scope_type,
        scope_id,
        member_key,
        cast(presence_index as bigint) as presence_index,
        min(joined_at) as started_at,
        nullif(max(left_at), timestamp '9999-12-31 00:00:00') as ended_at
    from numbered
    group by scope_type, scope_id, member_key, presence_index
),

dated as (
    select
        *,
        {{ local_date('started_at') }} as start_date,
        {{ local_date('ended_at') }} as end_date,
        -- Half open: who leaves at midnight was not present on the day that begins then.
        {{ add_days(local_date("ended_at - interval '1' microsecond"), 1) }} as absent_from
    from merged
)

select
    scope_type,
    scope_id,
    member_key,
    presence_index,
    started_at,
    ended_at,
    start_date,
    end_date,
    -- First day on which this presence no longer counts: a next one that starts on the last day takes that day over.
    least(
        absent_from,
        lead(start_date) over (partition by scope_type, scope_id, member_key order by presence_index)
    ) as count_until
from dated
