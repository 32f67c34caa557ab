-- Grain: one row per calendar date and grain of a block: where the date's bit stands in a member's mask of active periods.
-- A block of days is a calendar month, a block of weeks four weeks. Later periods have lower bits, so that the block before can be
-- put in front of a block by a shift to the left, and a window of days behind a day is reached by shifts to the right.
with weeks as (
    select
        business_date,
        {{ week_start('business_date') }} as period_start,
        {{ days_between(week_start('business_date'), week_start("date '2000-01-10'")) }} as days
    from {{ ref('int_calendar__dates') }}
    where business_date >= date '2000-01-10'
),

numbered as (
    select
        business_date,
        period_start,
        {{ exact_quotient('days', 7) }} as week_number,
        {{ exact_quotient('days', 28) }} as block_number
    from weeks
),

placed as (
    select
        business_date,
        period_start,
        week_number - 4 * block_number as place
    from numbered
)

select
    'day' as period_grain,
    business_date,
    business_date as period_start,
    {{ month_start('business_date') }} as block_start,
    {{ mask_bit('31 - extract(day from business_date)') }} as bit
from {{ ref('int_calendar__dates') }}
union all
select
    'week' as period_grain,
    business_date,
    period_start,
    {{ add_days('period_start', '-7 * place') }} as block_start,
    {{ mask_bit('3 - place') }} as bit
from placed
