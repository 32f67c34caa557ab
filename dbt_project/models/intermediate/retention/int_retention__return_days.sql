-- depends_on: {{ ref('int_activity__member_day') }}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['business_date'],
    affected='rebuilt_return_dates',
    made_in_pieces='pieces_of_events'
) }}
-- Grain: one row per definition of which activity is the return and that is kept by member, period grain, date, scope and cohort.
-- How many members of the cohort were active on the date, and on no earlier one of its period: who returned in a period is the sum over
-- its dates. A date costs who was active on it, and reaches to the end of its month and its week. A channel's row is that of all.
with days as (
    select
        business_date,
        block_start,
        bit,
        {{ bits_of_periods('block_start', 'block_start', add_days('business_date', -1), 'day') }} as earlier_in_month,
        {{ bits_of_periods('block_start', week_start('business_date'), add_days('business_date', -1), 'day') }} as earlier_in_week,
        case when {{ week_start('business_date') }} < block_start then {{ add_months('block_start', -1) }} end as block_before,
        {{ bits_of_periods(add_months('block_start', -1), week_start('business_date'), add_days('business_date', -1), 'day') }}
            as earlier_in_block_before
    from {{ ref('int_calendar__blocks') }}
    where
        period_grain = 'day'
        and {{ in_this_piece() }}
        {{ 'and business_date in (' ~ rebuilt_return_dates() ~ ')' if is_incremental() }}
),

-- Of a month that ends within a week, who was active in the last six days of it.
ends_of_months as (
    select block_start, scope_type, scope_id, member_key, period_mask
    from {{ ref('int_activity__member_blocks') }}
    where block_start in (select block_before from days where block_before is not null) and {{ both_bits('period_mask', 2 ** 9 - 1) }} <> 0
),

active as (
    select
        blocks.scope_type,
        blocks.scope_id,
        channels.channel,
        blocks.member_key,
        days.business_date,
        {{ both_bits('blocks.period_mask', 'days.earlier_in_month') }} = 0 as is_first_in_month,
        {{ both_bits('blocks.period_mask', 'days.earlier_in_week') }} = 0
        and {{ both_bits('coalesce(before.period_mask, 0)', 'days.earlier_in_block_before') }} = 0 as is_first_in_week
    from {{ ref('int_activity__member_blocks') }} as blocks
    inner join days on blocks.block_start = days.block_start
    left join {{ ref('int_membership__channels') }} as channels on case when blocks.scope_type = 'all' then blocks.member_key end = channels.member_key
    left join ends_of_months as before
        on
            days.block_before = before.block_start
            and blocks.scope_type = before.scope_type
            and blocks.scope_id = before.scope_id
            and blocks.member_key = before.member_key
    where {{ both_bits('blocks.period_mask', 'days.bit') }} <> 0
),

entered as (
    select definition, scope_type, scope_id, member_key, entry_date
    from {{ ref('int_retention__member_returns') }}
    where
        scope_type <> 'channel'
        {% if is_incremental() -%}
            -- By their key, of which the engine can tell that they are few: it puts the smaller side of a join into memory.
            and member_key in (
                select member_key from {{ ref('int_activity__member_day') }} where {{ is_one_of_dates('business_date', rebuilt_return_dates()) }}
            )
        {%- endif %}
),

entered_on as (
    select
        definition,
        scope_type,
        scope_id,
        channel,
        entry_date,
        business_date,
        count(*) as members_of_day,
        {{ count_where('is_first_in_week') }} as members_of_week,
        {{ count_where('is_first_in_month') }} as members_of_month
    from active
    inner join entered using (scope_type, scope_id, member_key)
    where entered.entry_date < active.business_date
    group by definition, scope_type, scope_id, channel, entry_date, business_date
),

returned as (
    select definition, scope_type, scope_id, entry_date, business_date, members_of_day, members_of_week, members_of_month
    from entered_on
    union all
    select definition, 'channel' as scope_type, channel as scope_id, entry_date, business_date, members_of_day, members_of_week, members_of_month
    from entered_on
    where channel is not null
),

by_grain as (
    select
        returned.definition,
        definitions.period_grain,
        definitions.horizon,
        returned.business_date,
        returned.scope_type,
        returned.scope_id,
        {{ period_start('returned.entry_date', 'definitions.period_grain') }} as cohort_start,
        {{ period_start('returned.business_date', 'definitions.period_grain') }} as period_start,
        case definitions.period_grain
            when 'day' then returned.members_of_day when 'week' then returned.members_of_week else returned.members_of_month
        end as members
    from returned
    inner join {{ ref('int_retention__definitions') }} as definitions on returned.definition = definitions.definition
)

select definition, period_grain, business_date, scope_type, scope_id, cohort_start, {{ count_measure('sum(members)') }} as members
from by_grain
where
    members > 0
    and period_start > cohort_start
    and period_start <= {{ add_periods('cohort_start', 'period_grain', 'horizon') }}
group by definition, period_grain, business_date, scope_type, scope_id, cohort_start
