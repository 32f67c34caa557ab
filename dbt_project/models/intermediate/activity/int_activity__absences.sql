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
-- noqa: disable=LT02
with dates as (
    select
        business_date,
        block_start,
        {{ add_months('block_start', -1) }} as block_before,
        bit,
        31 - extract(day from business_date) as place
    from {{ ref('int_calendar__blocks') }}
    where
        period_grain = 'day'
        and {{ in_this_piece() }}
        {% if is_incremental() -%}
            and business_date in ({{ dates_of_changed_absences() }})
        {%- endif %}
),

blocks as (
    select
        block_start,
        block_before,
        -- From the 1st of March on, a February of 28 days leaves the window of 30 days a day short: January gives it.
        case when {{ days_between('block_start', 'block_before') }} = 28 then {{ add_months('block_start', -2) }} end as second_block_before,
        {{ bits_of_all('bit') }} as bits
    from dates
    group by block_start, block_before
),

-- Of the members of these dates alone: whoever was active at other times is not looked at.
active as (
    select
        members.scope_type,
        members.scope_id,
        members.member_key,
        blocks.block_start,
        blocks.block_before,
        blocks.second_block_before,
        members.period_mask
    from {{ ref('int_activity__member_blocks') }} as members
    inner join blocks on members.block_start = blocks.block_start
    where {{ both_bits('members.period_mask', 'blocks.bits') }} <> 0
),

{% for name, block, bits in [('before', 'block_before', 2 ** 31 - 1), ('last_day_before', 'second_block_before', 1)] -%}
{{ name }} as (
    select scope_type, scope_id, member_key, block_start, {{ both_bits('period_mask', bits) }} as period_mask
    from {{ ref('int_activity__member_blocks') }}
    where block_start in (select {{ block }} from blocks) and {{ both_bits('period_mask', bits) }} <> 0
),

{% endfor -%}
-- The month before stands in front of the month: its last day is the bit above that of the month's first.
masks as (
    select
        active.scope_type,
        active.scope_id,
        active.member_key,
        active.block_start,
        {{ either_bit(
            either_bit(
                'active.period_mask',
                shift_left('coalesce(before.period_mask, 0)', days_between('active.block_start', 'active.block_before'))
            ),
            shift_left(
                'coalesce(last_day_before.period_mask, 0)',
                'coalesce(' ~ days_between('active.block_start', 'active.second_block_before') ~ ', 0)'
            )
        ) }} as days_mask
    from active
    left join before
        on
            active.block_before = before.block_start
            and active.scope_type = before.scope_type
            and active.scope_id = before.scope_id
            and active.member_key = before.member_key
    left join last_day_before
        on
            active.second_block_before = last_day_before.block_start
            and active.scope_type = last_day_before.scope_type
            and active.scope_id = last_day_before.scope_id
            and active.member_key = last_day_before.member_key
),

absences as (
    select
        dates.business_date,
        masks.scope_type,
        masks.scope_id,
        masks.member_key,
        cast({{ lowest_bit(shift_right('masks.days_mask', 'cast(dates.place + 1 as integer)')) }} + 1 as bigint) as days_away
    from masks
    inner join dates on masks.block_start = dates.block_start
    where {{ both_bits('masks.days_mask', 'dates.bit') }} <> 0
)

select business_date, scope_type, scope_id, days_away, {{ count_measure('count(*)') }} as members
from absences
group by business_date, scope_type, scope_id, days_away
union all
-- A member has one channel, so that the channel's row is that of all.
select
    absences.business_date, 'channel' as scope_type, channels.channel as scope_id, absences.days_away, {{ count_measure('count(*)') }} as members
from absences
inner join {{ ref('int_membership__channels') }} as channels on absences.member_key = channels.member_key
where absences.scope_type = 'all'
group by absences.business_date, channels.channel, absences.days_away
