{{ config(materialized='view') }}
-- Grain: one row per source and account: the first and the last business date that is known of it, and the last one that it owes.
-- A source that comes daily owes every day that any such source is complete to. One that is silent for longer than the month between two
-- monthly exports is taken to have ended, and owes nothing after it.
with known as (
    select observed.source, observed.account_id, min(observed.first_date) as first_date, max(observed.observed_until) as last_date
    from {{ source('control', 'observed') }} as observed
    group by observed.source, observed.account_id
),

newest as (
    select max(known.last_date) as last_date
    from known
    inner join {{ ref('int_status__sources') }} as sources on known.source = sources.source
    where sources.is_daily
)

select
    known.source,
    known.account_id,
    known.first_date,
    known.last_date,
    case
        when not coalesce(sources.is_daily, false) or newest.last_date <= known.last_date then known.last_date
        when newest.last_date <= {{ add_days('known.last_date', 35) }} then newest.last_date
        else known.last_date
    end as owed_until,
    kept.kept_days
from known
cross join newest
left join {{ ref('int_status__sources') }} as sources on known.source = sources.source
left join {{ source('control', 'kept_days') }} as kept on known.source = kept.source and known.account_id = kept.account_id
