{{ config(materialized='view') }}
-- Grain: one row per member of a cohort that is made anew and block of days or weeks in which they returned: the mask of the periods in which
-- they did. Of a block count the periods after the cohort's own, within the horizon and known. A month is told by its block of days.
with month_blocks as (
    select business_date, block_start, bit
    from {{ ref('int_calendar__blocks') }}
    where period_grain = 'day'
),

-- `days`: what of the period lies in the month.
periods as (
    select 'day' as period_grain, business_date as period_start, block_start as month_start, bit as days, block_start, bit
    from month_blocks
    union all
    select 'month' as period_grain, block_start as period_start, block_start as month_start, {{ 2 ** 31 - 1 }} as days, block_start, 1 as bit
    from month_blocks
    where business_date = block_start
    union all
    select
        'week' as period_grain,
        weeks.period_start,
        month_blocks.block_start as month_start,
        {{ bits_of_all('month_blocks.bit') }} as days,
        weeks.block_start,
        weeks.bit
    from {{ ref('int_calendar__blocks') }} as weeks
    inner join month_blocks on weeks.business_date = month_blocks.business_date
    where weeks.period_grain = 'week'
    group by weeks.period_start, month_blocks.block_start, weeks.block_start, weeks.bit
),

cohort_months as (
    select
        cohorts.definition,
        cohorts.period_grain,
        cohorts.scope_type,
        cohorts.scope_id,
        cohorts.cohort_start,
        periods.month_start,
        periods.block_start,
        -- Days are looked at all at once; a week is a bit of its own, of two months where it lies in both.
        case cohorts.period_grain when 'week' then periods.bit else 0 end as week_bit,
        {{ bits_of_all('periods.days') }} as counted_days
    from {{ ref('int_retention__cohorts') }} as cohorts
    inner join periods
        on
            cohorts.period_grain = periods.period_grain
            and cohorts.cohort_start < periods.period_start
            and {{ add_periods('cohorts.cohort_start', 'cohorts.period_grain', 'cohorts.horizon') }} >= periods.period_start
            and cohorts.observed_until >= periods.period_start
    where cohorts.has_block_returns
    group by
        cohorts.definition,
        cohorts.period_grain,
        cohorts.scope_type,
        cohorts.scope_id,
        cohorts.cohort_start,
        periods.month_start,
        periods.block_start,
        case cohorts.period_grain when 'week' then periods.bit else 0 end
)

select
    members.definition,
    members.period_grain,
    members.scope_type,
    members.scope_id,
    members.cohort_start,
    members.member_key,
    counted.block_start,
    {{ bits_of_all("case members.period_grain when 'week' then counted.week_bit else " ~ both_bits('months.period_mask', 'counted.counted_days') ~ " end") }}
        as returned_periods
from {{ ref('int_activity__block_scopes') }} as months
inner join {{ ref('int_retention__cohort_members') }} as members
    on
        months.scope_type = members.scope_type
        and months.scope_id = members.scope_id
        and months.member_key = members.member_key
inner join cohort_months as counted
    on
        members.definition = counted.definition
        and members.period_grain = counted.period_grain
        and members.scope_type = counted.scope_type
        and members.scope_id = counted.scope_id
        and members.cohort_start = counted.cohort_start
        and months.block_start = counted.month_start
where
    months.block_start >= (select min(month_start) from cohort_months)
    and {{ both_bits('months.period_mask', 'counted.counted_days') }} <> 0
group by
    members.definition,
    members.period_grain,
    members.scope_type,
    members.scope_id,
    members.cohort_start,
    members.member_key,
    counted.block_start
