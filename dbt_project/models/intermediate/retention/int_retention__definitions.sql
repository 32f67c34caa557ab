-- Grain: one row per declared retention and period grain, with what each of its two events is measured from.
-- A definition names events; the model finds the domain whose known range limits each of them. Where one activity of any kind is a
-- return, masks of active periods answer it; else occurrences are counted. First-time cohorts that come back by activity or by staying
-- are kept by member, so that a day costs whom it concerns; orders do not record whose they are, and who enters anew in each period
-- has a row for each: their cohorts are made anew.
with domains (event_name, domain) as (
    values ('join', 'membership'), ('present', 'membership'), ('purchase', 'commerce')
),

definitions as (
    select
        definitions.*,
        coalesce(entry_domains.domain, 'activity') as entry_domain,
        coalesce(return_domains.domain, 'activity') as return_domain,
        definitions.return_event = 'activity' and definitions.minimum_occurrences = 1 as is_masked
    from {{ ref('retention_definitions') }} as definitions
    left join domains as entry_domains on definitions.entry_event = entry_domains.event_name
    left join domains as return_domains on definitions.return_event = return_domains.event_name
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
    definitions.entry_domain,
    definitions.return_domain,
    definitions.is_masked,
    definitions.cohort_mode = 'first_time'
    and definitions.entry_domain <> 'commerce'
    and (definitions.is_masked or definitions.return_event = 'present') as is_kept_by_member
from definitions
cross join {{ grains() }} as grains (period_grain)
