{{ config(materialized='view') }}
-- Grain: one row per rebuilt window, period grain, scope and member with a period that counts, for windows that a mask cannot answer.
-- How often something happened in a period is a sum over the scope's communities, taken before it is compared with the limits.
with days as (
    select
        windows.*,
        dates.business_date,
        {{ period_start('dates.business_date', 'windows.period_grain') }} as period_start
    from {{ ref('int_stickiness__rebuilt_windows') }} as windows
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between windows.window_start and windows.window_end
    where not {{ is_masked_window('windows') }}
),

periods as (
    select
        days.window_grain,
        days.window_start,
        days.period_grain,
        days.period_start,
        days.minimum_occurrences,
        days.maximum_occurrences,
        scopes.scope_type,
        {{ scope_id_of('scopes.scope_type', 'occurrences', 'channels') }} as scope_id,
        occurrences.member_key,
        sum(occurrences.occurrences) as occurrences
    from {{ ref('int_stickiness__occurrences') }} as occurrences
    inner join days on occurrences.event = days.event and occurrences.business_date = days.business_date
    left join {{ ref('int_membership__channels') }} as channels on occurrences.member_key = channels.member_key
    cross join {{ scope_types() }} as scopes (scope_type)
    where {{ lies_in_rebuilt_windows('occurrences.business_date') }}
    group by
        days.window_grain,
        days.window_start,
        days.period_grain,
        days.period_start,
        days.minimum_occurrences,
        days.maximum_occurrences,
        scopes.scope_type,
        {{ scope_id_of('scopes.scope_type', 'occurrences', 'channels') }},
        occurrences.member_key
)

select
    window_grain,
    window_start,
    period_grain,
    scope_type,
    scope_id,
    member_key,
    {{ count_measure('count(*)') }} as active_periods
from periods
where
    scope_id is not null
    and occurrences >= minimum_occurrences
    and (maximum_occurrences is null or occurrences <= maximum_occurrences)
group by window_grain, window_start, period_grain, scope_type, scope_id, member_key
