{{ config(materialized='view') }}
-- Grain: one row per member of a cohort that is made anew and block of days or weeks in which they returned: the mask of the periods in which
-- they did. Of a block count the periods after the cohort's own, within the horizon and known. A month is told by its block of days.
with periods as (
    select distinct period_grain, period_grain as block_grain, block_start, period_start, bit
    from {{ ref('int_calendar__blocks') }}
    union all
    select 'month' as period_grain, 'day' as block_grain, block_start, block_start as period_start, {{ 2 ** 31 - 1 }} as bit
    from {{ ref('int_calendar__blocks') }}
    where period_grain = 'day' and business_date = block_start
),

cohort_blocks as (
    select
        cohorts.definition,
        cohorts.period_grain,
        cohorts.scope_type,
        cohorts.scope_id,
        cohorts.cohort_start,
        periods.block_grain,
        periods.block_start,
        cast(sum(periods.bit) as bigint) as counted_periods
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
        periods.block_grain,
        periods.block_start
)

select
    members.definition,
    members.period_grain,
    members.scope_type,
    members.scope_id,
    members.cohort_start,
    members.member_key,
    blocks.block_start,
    {{ both_bits('blocks.period_mask', 'counted.counted_periods') }} as returned_periods
from {{ ref('int_activity__block_scopes') }} as blocks
inner join {{ ref('int_retention__cohort_members') }} as members
    on
        blocks.scope_type = members.scope_type
        and blocks.scope_id = members.scope_id
        and blocks.member_key = members.member_key
inner join cohort_blocks as counted
    on
        members.definition = counted.definition
        and members.period_grain = counted.period_grain
        and members.scope_type = counted.scope_type
        and members.scope_id = counted.scope_id
        and members.cohort_start = counted.cohort_start
        and blocks.period_grain = counted.block_grain
        and blocks.block_start = counted.block_start
where
    blocks.block_start >= (select min(block_start) from cohort_blocks)
    and {{ both_bits('blocks.period_mask', 'counted.counted_periods') }} <> 0
