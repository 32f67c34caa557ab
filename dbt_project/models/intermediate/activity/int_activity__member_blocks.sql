{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['period_grain', 'block_start'],
    affected='touched_blocks',
    affected_members='members_of_changed_activity',
    made_in_pieces='pieces_of_blocks'
) }}
-- depends_on: {{ ref('int_calendar__blocks') }}
-- Grain: one row per grain of a block, block, scope (all, platform, community) and member who was active in it.
-- A mask holds in which days of the month, or weeks of the four, the member was active: what distinct counts over days, weeks and
-- windows need, at a fraction of the member-days. Of a touched block only those are looked at again whose member-days differ.
with days as (
    select
        blocks.period_grain,
        blocks.block_start,
        days.member_key,
        days.platform,
        days.community_key,
        {{ bits_of_all('blocks.bit') }} as period_mask
    from {{ ref('int_activity__member_day') }} as days
    inner join {{ ref('int_calendar__blocks') }} as blocks on days.business_date = blocks.business_date
    where
        days.actor_type = 'member' and {{ in_this_piece() }}
        {% if is_incremental() -%}
            and days.business_date >= (select min(block_start) from ({{ touched_blocks() }}) as touched)
            and (blocks.period_grain, blocks.block_start) in ({{ touched_blocks() }})
            and days.member_key in ({{ members_of_changed_activity() }})
        {%- endif %}
    group by blocks.period_grain, blocks.block_start, days.member_key, days.platform, days.community_key
)

select period_grain, block_start, 'all' as scope_type, 'all' as scope_id, member_key, {{ bits_of_all('period_mask') }} as period_mask
from days
group by period_grain, block_start, member_key
union all
select period_grain, block_start, 'platform' as scope_type, platform as scope_id, member_key, {{ bits_of_all('period_mask') }} as period_mask
from days
group by period_grain, block_start, platform, member_key
union all
select period_grain, block_start, 'community' as scope_type, community_key as scope_id, member_key, {{ bits_of_all('period_mask') }} as period_mask
from days
where community_key <> ''
group by period_grain, block_start, community_key, member_key
