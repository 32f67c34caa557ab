-- Grain: one row per source, account and business date, from the account's first date to the last one that is known or owed.
-- What was expected, what has come, and whether the day is complete: what a missing number is explained with.
with per_day as (
    select
        source,
        account_id,
        business_date,
        {{ count_measure('sum(accepted)') }} as accepted,
        {{ count_measure('sum(restated)') }} as restated,
        {{ count_measure('sum(quarantined)') }} as quarantined,
        {{ count_measure('sum(held)') }} as held
    from {{ ref('int_status__received') }}
    group by source, account_id, business_date
),

spine as (
    select ranges.source, ranges.account_id, dates.business_date
    from {{ ref('int_status__known_ranges') }} as ranges
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between ranges.first_date and ranges.owed_until
    union
    select source, account_id, business_date from per_day
)

select
    spine.source,
    spine.account_id,
    spine.business_date,
    -- Observations (member lists, lifetime counters) have no duty to come every day; facts of a period have.
    coalesce(sources.is_daily and spine.business_date between ranges.first_date and ranges.owed_until, false) as expected,
    coalesce(per_day.accepted, 0) > 0 as received,
    coalesce(spine.business_date <= ranges.last_date, false) and coalesce(per_day.held, 0) = 0 as complete,
    -- Owed, and not come yet, while other sources are complete to it.
    coalesce(sources.is_daily and spine.business_date > ranges.last_date and spine.business_date <= ranges.owed_until, false) as late,
    coalesce(per_day.restated, 0) as restated,
    coalesce(per_day.accepted, 0) as accepted,
    coalesce(per_day.quarantined, 0) as quarantined,
    coalesce(per_day.held, 0) as held,
    case when ranges.kept_days is not null then {{ add_days('spine.business_date', 'ranges.kept_days') }} end as available_until
from spine
left join per_day
    on spine.source = per_day.source and spine.account_id = per_day.account_id and spine.business_date = per_day.business_date
left join {{ ref('int_status__sources') }} as sources on spine.source = sources.source
left join {{ ref('int_status__known_ranges') }} as ranges on spine.source = ranges.source and spine.account_id = ranges.account_id
