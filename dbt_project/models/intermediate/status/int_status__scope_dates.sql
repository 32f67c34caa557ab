-- depends_on: {{ ref('int_calendar__dates') }}
{{ config(materialized='incremental', incremental_strategy='replace_changed', touches='scope_dates_touches') }}
-- Grain: one row per domain and scope: the first and the last known date, between which every daily mart has a row.
-- A silent day inside the range is a zero; a day outside it is unknown and has no row.
with first_dates as (
    select 'activity' as domain, scope_type, scope_id, min(first_active_date) as first_date
    from {{ ref('int_activity__first_seen') }}
    group by scope_type, scope_id

    union all

    select 'membership' as domain, scope_type, scope_id, min(start_date) as first_date
    from {{ ref('int_membership__presence') }}
    group by scope_type, scope_id

    union all

    select 'commerce' as domain, scope_type, scope_id, min(order_date) as first_date
    from {{ ref('int_commerce__scoped_orders') }}
    group by scope_type, scope_id
)

select first_dates.domain, first_dates.scope_type, first_dates.scope_id, first_dates.first_date, observed.observed_until as last_date
from first_dates
inner join {{ ref('int_status__observed') }} as observed
    on
        first_dates.domain = observed.domain
        and {{ observed_scope_type('first_dates.scope_type') }} = observed.scope_type
        and {{ observed_scope_id('first_dates.scope_type', 'first_dates.scope_id') }} = observed.scope_id
where first_dates.first_date <= observed.observed_until
