-- depends_on: {{ ref('int_calendar__dates') }}
{{ config(materialized='incremental', incremental_strategy='replace_changed', touches='scope_dates_touches') }}
-- Grain: one row per domain and scope: the first and the last known date, between which every daily mart has a row.
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
),

placed as (
    select
        domain,
        scope_type,
        scope_id,
        first_date,
        -- A community is known as far as its platform, a channel as far as everything.
        case scope_type when 'platform' then 'platform' when 'community' then 'platform' else 'all' end as observed_type,
        case scope_type when 'platform' then scope_id when 'community' then split_part(scope_id, ':', 1) else 'all' end as observed_id
    from first_dates
)

select placed.domain, placed.scope_type, placed.scope_id, placed.first_date, observed.observed_until as last_date
from placed
inner join {{ ref('int_status__observed') }} as observed
    on placed.domain = observed.domain and placed.observed_type = observed.scope_type and placed.observed_id = observed.scope_id
where placed.first_date <= observed.observed_until
