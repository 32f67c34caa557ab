-- Grain: one row per kind of cohort, scope and member: the date from which the member's money counts.
-- Two ways to ask what a member is worth: since they first came (`joined`), since they first bought (`first_order`). An order carries
-- no community, so nothing is told of communities.
with entries as (
    select 'joined' as cohort_kind, 'membership' as entry_domain, scope_type, scope_id, member_key, start_date as since_date
    from {{ ref('int_membership__presence') }}
    where presence_index = 1 and scope_type <> 'community'

    union all

    select 'first_order' as cohort_kind, 'commerce' as entry_domain, scope_type, scope_id, member_key, first_order_date as since_date
    from {{ ref('int_commerce__first_orders') }}
)

select
    entries.cohort_kind,
    entries.entry_domain,
    entries.scope_type,
    entries.scope_id,
    entries.member_key,
    entries.since_date,
    {{ month_start('entries.since_date') }} as cohort_start,
    orders_observed.observed_from as orders_observed_from,
    least(entry_observed.observed_until, orders_observed.observed_until) as observed_until
from entries
inner join {{ ref('int_status__observed') }} as entry_observed
    on
        entries.entry_domain = entry_observed.domain
        and {{ observed_scope_type('entries.scope_type') }} = entry_observed.scope_type
        and {{ observed_scope_id('entries.scope_type', 'entries.scope_id') }} = entry_observed.scope_id
inner join {{ ref('int_status__observed') }} as orders_observed
    on
        orders_observed.domain = 'commerce'
        and {{ observed_scope_type('entries.scope_type') }} = orders_observed.scope_type
        and {{ observed_scope_id('entries.scope_type', 'entries.scope_id') }} = orders_observed.scope_id
where entries.since_date <= least(entry_observed.observed_until, orders_observed.observed_until)
