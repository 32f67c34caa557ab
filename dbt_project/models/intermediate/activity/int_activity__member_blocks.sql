{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['block_start'],
    affected='touched_blocks',
    affected_members='members_of_changed_activity',
    made_in_pieces='pieces_of_blocks'
) }}
-- depends_on: {{ ref('int_calendar__blocks') }}
-- Grain: one row per month, scope (all, platform, community) and member who was active in it.
-- A mask holds on which days of the month the member was active: what distinct counts over days, weeks and windows need, at a fraction
-- of the member-days. Of a touched month only those are looked at again whose member-days differ.
with days as (
    select
        blocks.block_start,
        days.member_key,
        days.platform,
        days.community_key,
        {{ bits_of_all('blocks.bit') }} as period_mask
    from {{ ref('int_activity__member_day') }} as days
    inner join {{ ref('int_calendar__blocks') }} as blocks on days.business_date = blocks.business_date
    where
        days.actor_type = 'member' and blocks.period_grain = 'day' and {{ in_this_piece() }}
        {% if is_incremental() -%}
            and days.business_date >= (select min(block_start) from ({{ touched_blocks() }}) as touched)
            and blocks.block_start in ({{ touched_blocks() }})
            and days.member_key in ({{ members_of_changed_activity() }})
        {%- endif %}
    group by blocks.block_start, days.member_key, days.platform, days.community_key
)

select block_start, 'all' as scope_type, 'all' as scope_id, member_key, {{ bits_of_all('period_mask') }} as period_mask
from days
group by block_start, member_key
union all
select block_start, 'platform' as scope_type, platform as scope_id, member_key, {{ bits_of_all('period_mask') }} as period_mask
from days
group by block_start, platform, member_key
union all
select block_start, 'community' as scope_type, community_key as scope_id, member_key, {{ bits_of_all('period_mask') }} as period_mask
from days
where community_key <> ''
group by block_start, community_key, member_key
