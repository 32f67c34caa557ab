{{ config(materialized='view') }}
-- Grain: one row per end of a rebuilt period, scope and member active in the look-back before it.
-- Told by the masks of active days, put together of months: the last day of the period is the lowest bit, so that the last 28 days are
-- the bits below 2^28, and the weeks, blocks of seven days that end on that day, are seven bits each.
with lookback as (
    select coalesce(max(lookback_days), 0) as days
    from {{ ref('int_segments__sets') }}
),

ends as (
    select distinct as_of_date
    from {{ ref('int_segments__rebuilt_periods') }}
),

months as (
    select
        ends.as_of_date,
        blocks.block_start,
        -- How far the bit of a day in the mask of its month stands above the days that have passed since.
        {{ days_between('ends.as_of_date', add_days('blocks.block_start', 30)) }} as days_after,
        {{ bits_of_all('blocks.bit') }} as days,
        -- A look-back may be longer; no measure but the last activity asks for more.
        {{ bits_of_all('case when ' ~ add_days('blocks.business_date', 56) ~ ' > ends.as_of_date then blocks.bit else 0 end') }} as days_of_8_weeks
    from ends
    cross join lookback
    inner join {{ ref('int_calendar__blocks') }} as blocks
        on
            blocks.period_grain = 'day'
            and ends.as_of_date >= blocks.business_date
            and {{ add_days('ends.as_of_date', '-lookback.days') }} < blocks.business_date
    group by ends.as_of_date, blocks.block_start
),

masks as (
    select
        months.as_of_date,
        members.scope_type,
        members.scope_id,
        members.member_key,
        {{ lowest_bit(both_bits('members.period_mask', 'months.days')) }} + months.days_after as days_since_active,
        {{ moved_mask(both_bits('members.period_mask', 'months.days_of_8_weeks'), 'months.days_after') }} as day_mask
    from {{ ref('int_activity__block_scopes') }} as members
    inner join months on members.block_start = months.block_start
    where {{ both_bits('members.period_mask', 'months.days') }} <> 0
),

whole as (
    select
        as_of_date,
        scope_type,
        scope_id,
        member_key,
        {{ count_measure('min(days_since_active)') }} as days_since_active,
        {{ bits_of_all('day_mask') }} as day_mask
    from masks
    group by as_of_date, scope_type, scope_id, member_key
)

select
    as_of_date,
    scope_type,
    scope_id,
    member_key,
    days_since_active,
    {{ bits_set(both_bits('day_mask', 2 ** 28 - 1)) }} as active_days_of_28,
    {{ weeks_of_days('day_mask') }} as active_weeks_of_8
from whole
