{{ config(materialized='view') }}
-- Grain: one row per definition, period grain and scope that a range is known of: from when its returns are known, and until when it is.
-- A community is known as far as its platform, a channel as far as everything.
select
    definitions.definition,
    definitions.period_grain,
    definitions.horizon,
    definitions.entry_domain,
    definitions.return_event,
    definitions.minimum_occurrences,
    definitions.is_masked,
    definitions.is_kept_by_member,
    entry_observed.scope_type as observed_scope_type,
    entry_observed.scope_id as observed_scope_id,
    return_observed.observed_from as returns_observed_from,
    least(entry_observed.observed_until, return_observed.observed_until) as observed_until
from {{ ref('int_retention__definitions') }} as definitions
inner join {{ ref('int_status__observed') }} as entry_observed on definitions.entry_domain = entry_observed.domain
inner join {{ ref('int_status__observed') }} as return_observed
    on
        definitions.return_domain = return_observed.domain
        and entry_observed.scope_type = return_observed.scope_type
        and entry_observed.scope_id = return_observed.scope_id
