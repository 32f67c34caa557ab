-- Grain: one row per declared retention and period grain, with what each of its two events is measured from.
-- A definition names events; the model finds the domain whose known range limits each of them. Where one activity of any kind is a
-- return, masks of active periods answer it; else occurrences are counted.
with domains (event_name, domain) as (
    values ('join', 'membership'), ('present', 'membership'), ('purchase', 'commerce')
)

select
    definitions.definition,
    definitions.entry_event,
    definitions.return_event,
    definitions.cohort_mode,
    definitions.minimum_occurrences,
    grains.period_grain,
    case grains.period_grain
        when 'day' then definitions.horizon_days
        when 'week' then definitions.horizon_weeks
        else definitions.horizon_months
    end as horizon,
    coalesce(entry_domains.domain, 'activity') as entry_domain,
    coalesce(return_domains.domain, 'activity') as return_domain,
    definitions.return_event = 'activity' and definitions.minimum_occurrences = 1 as is_masked
from {{ ref('retention_definitions') }} as definitions
cross join {{ grains() }} as grains (period_grain)
left join domains as entry_domains on definitions.entry_event = entry_domains.event_name
left join domains as return_domains on definitions.return_event = return_domains.event_name
