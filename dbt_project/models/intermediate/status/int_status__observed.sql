-- depends_on: {{ ref('int_calendar__dates') }}
{{ config(materialized='incremental', incremental_strategy='replace_changed', touches='observed_touches') }}
-- Grain: one row per domain, scope type and scope: the first business date known at all, and the last one that is complete.
-- The last is the least over the sources that feed the scope; never the clock. The first is that of the source, whatever the
-- platform: a platform that is silent in the first days of a source's files is silent, not unknown.
with source_starts as (
    select source, min(first_date) as observed_from
    from {{ source('control', 'observed') }}
    group by source
),

by_source as (
    select
        sources.domain,
        observed.source,
        observed.platform,
        min(source_starts.observed_from) as observed_from,
        max(observed.observed_until) as observed_until
    from {{ source('control', 'observed') }} as observed
    inner join {{ ref('int_status__sources') }} as sources on observed.source = sources.source
    inner join source_starts on observed.source = source_starts.source
    where observed.observed_until is not null
    group by sources.domain, observed.source, observed.platform
),

by_platform as (
    select domain, platform, min(observed_from) as observed_from, min(observed_until) as observed_until
    from by_source
    group by domain, platform
)

select domain, 'platform' as scope_type, platform as scope_id, observed_from, observed_until
from by_platform
union all
select domain, 'all' as scope_type, 'all' as scope_id, min(observed_from) as observed_from, min(observed_until) as observed_until
from by_platform
group by domain
