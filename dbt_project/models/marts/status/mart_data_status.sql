-- Grain: one row per source, account and business date, from the account's first to its last known date.
-- What was expected, what has come, and whether the day is complete: what a missing number is explained with.
with ranges as (
    select source, account_id, min(first_date) as first_date, max(observed_until) as observed_until
    from control.observed
    group by source, account_id
),

received as (
    select source, account_id, business_date, accepted, restated, 0 as quarantined, 0 as held
    from {{ ref('int_status__source_day') }}
    union all
    select source, account_id, business_date, 0 as accepted, 0 as restated, quarantined_rows as quarantined, 0 as held
    from control.quarantined
    union all
    select source, account_id, business_date, 0 as accepted, 0 as restated, 0 as quarantined, held_rows as held
    from control.held
),

per_day as (
    select
        source,
        account_id,
        business_date,
        {{ count_measure('sum(accepted)') }} as accepted,
        {{ count_measure('sum(restated)') }} as restated,
        {{ count_measure('sum(quarantined)') }} as quarantined,
        {{ count_measure('sum(held)') }} as held
    from received
    group by source, account_id, business_date
),

spine as (
    select ranges.source, ranges.account_id, dates.business_date
    from ranges
    inner join {{ ref('int_calendar__dates') }} as dates on dates.business_date between ranges.first_date and ranges.observed_until
    union
    select source, account_id, business_date from per_day
)

select
    spine.source,
    spine.account_id,
    spine.business_date,
    -- Observations (member lists, lifetime counters) have no duty to come every day; facts of a period have.
    coalesce(spine.business_date between ranges.first_date and ranges.observed_until, false) as expected,
    coalesce(per_day.accepted, 0) > 0 as received,
    coalesce(spine.business_date <= ranges.observed_until, false) and coalesce(per_day.held, 0) = 0 as complete,
    coalesce(per_day.restated, 0) as restated,
    coalesce(per_day.accepted, 0) as accepted,
    coalesce(per_day.quarantined, 0) as quarantined,
    coalesce(per_day.held, 0) as held
from spine
left join per_day
    on spine.source = per_day.source and spine.account_id = per_day.account_id and spine.business_date = per_day.business_date
left join ranges on spine.source = ranges.source and spine.account_id = ranges.account_id
