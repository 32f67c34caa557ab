{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['business_date'],
    affected='dates_of_changed_absences',
    made_in_pieces='pieces_of_events'
) }}
-- Grain: one row per business date, scope and number of days since they were active last: how many members are active on the date.
-- `days_away` is null for who has not been active from the first day of the month before on. Whoever was away for longer than a period or
-- a window has lasted enters it on that day: distinct members over several days are a sum over days, and each date is worked on once.
with days as (
    select
        business_date,
        member_key,
        platform,
        community_key,
        {{ month_start('business_date') }} as block_start,
        {{ add_months(month_start('business_date'), -1) }} as block_before
    from {{ ref('int_activity__member_day') }}
    where
        actor_type = 'member' and {{ in_this_piece() }}
        {% if is_incremental() -%}
            and {{ is_one_of_dates('business_date', dates_of_changed_absences()) }}
        {%- endif %}
),

active as (
    select business_date, block_start, block_before, 'all' as scope_type, 'all' as scope_id, member_key
    from days
    group by business_date, block_start, block_before, member_key
    union all
    select business_date, block_start, block_before, 'platform' as scope_type, platform as scope_id, member_key
    from days
    group by business_date, block_start, block_before, platform, member_key
    union all
    select business_date, block_start, block_before, 'community' as scope_type, community_key as scope_id, member_key
    from days
    where community_key <> ''
    group by business_date, block_start, block_before, community_key, member_key
),

-- How far the masks of a block have to be moved for bit n to mean n days before the date: to the right for the date's own month, to the
-- left for the one before. From the 1st of March on, a February of 28 days leaves the window of 30 days a day short: January gives it.
moves as (
    select
        active_dates.business_date,
        blocks.block_start,
        {{ days_between('active_dates.business_date', 'blocks.block_start') }} - 30 as bits
    from (select distinct business_date, block_start, block_before from days) as active_dates
    inner join (select distinct period_grain, block_start from {{ ref('int_calendar__blocks') }}) as blocks
        on
            blocks.period_grain = 'day'
            and active_dates.block_start >= blocks.block_start
            and (
                active_dates.block_before <= blocks.block_start
                or (
                    active_dates.business_date = active_dates.block_start
                    and {{ days_between('active_dates.block_start', 'active_dates.block_before') }} = 28
                    and {{ add_months('active_dates.block_before', -1) }} = blocks.block_start
                )
            )
),

-- Of the members of the date alone: whoever was active at other times is not looked at.
masks as (
    select
        active.business_date,
        active.scope_type,
        active.scope_id,
        active.member_key,
        {{ bits_of_all(
            shift_right(shift_left('blocks.period_mask', 'greatest(moves.bits, 0)'), 'cast(greatest(1 - moves.bits, 1) as integer)')
        ) }} as days_before
    from active
    inner join moves on active.business_date = moves.business_date
    inner join {{ ref('int_activity__member_blocks') }} as blocks
        on
            blocks.period_grain = 'day'
            and moves.block_start = blocks.block_start
            and active.scope_type = blocks.scope_type
            and active.scope_id = blocks.scope_id
            and active.member_key = blocks.member_key
    group by active.business_date, active.scope_type, active.scope_id, active.member_key
),

absences as (
    select business_date, scope_type, scope_id, member_key, {{ lowest_bit('days_before') }} + 1 as days_away
    from masks
)

select business_date, scope_type, scope_id, cast(days_away as bigint) as days_away, {{ count_measure('count(*)') }} as members
from absences
group by business_date, scope_type, scope_id, days_away
union all
-- A member has one channel, so that the channel's row is that of all.
select
    absences.business_date,
    'channel' as scope_type,
    channels.channel as scope_id,
    cast(absences.days_away as bigint) as days_away,
    {{ count_measure('count(*)') }} as members
from absences
inner join {{ ref('int_membership__channels') }} as channels on absences.member_key = channels.member_key
where absences.scope_type = 'all'
group by absences.business_date, channels.channel, absences.days_away
