{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['business_date'],
    affected='touched_membership_dates'
) }}
-- Grain: one row per scope and business date on which a spell or a presence began or ended in it.
-- Flows of spells and of persons. A day's flows are those of the spells and presences that name it, whatever happened on other days.
with changes as (
    select scope_type, scope_id, joined_date as business_date, 'join' as change
    from {{ ref('int_membership__scoped_spells') }}
    union all
    select scope_type, scope_id, left_date as business_date, case when is_leave_censored then 'censored_leave' else 'leave' end as change
    from {{ ref('int_membership__scoped_spells') }}
    union all
    select scope_type, scope_id, start_date as business_date, case when presence_index = 1 then 'new' else 'rejoined' end as change
    from {{ ref('int_membership__presence') }}
    union all
    select scope_type, scope_id, end_date as business_date, 'left' as change
    from {{ ref('int_membership__presence') }}
    union all
    select scope_type, scope_id, count_until as business_date, 'absent' as change
    from {{ ref('int_membership__presence') }}
)

select
    scope_type,
    scope_id,
    business_date,
    {{ count_where("change = 'join'") }} as joins,
    {{ count_where("change in ('leave', 'censored_leave')") }} as leaves,
    {{ count_where("change = 'censored_leave'") }} as censored_leaves,
    {{ count_where("change = 'new'") }} as new_members,
    {{ count_where("change = 'rejoined'") }} as rejoined_members,
    {{ count_where("change = 'left'") }} as left_members,
    {{ count_where("change in ('new', 'rejoined')") }} - {{ count_where("change = 'absent'") }} as presence_change
from changes
where
    business_date is not null
    {% if is_incremental() -%}
        and business_date in ({{ touched_membership_dates() }})
    {%- endif %}
group by scope_type, scope_id, business_date
