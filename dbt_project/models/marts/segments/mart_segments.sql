{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    partition_columns=['period_grain', 'period_start'],
    affected='rebuilt_segment_periods'
) }}
-- Grain: one row per declared set of segments, finished week or month, segment and scope, from the first period that is known whole.
-- Every member present at the end of the period is in exactly one segment of each set; a segment with nobody in it is a 0.
with counted as (
    select segment_set, as_of_date, scope_type, scope_id, segment, {{ count_measure('sum(members)') }} as members
    from {{ ref('int_segments__members') }}
    group by segment_set, as_of_date, scope_type, scope_id, segment
)

select
    spine.segment_set,
    spine.period_grain,
    spine.period_start,
    sets.segment,
    spine.scope_type,
    spine.scope_id,
    spine.as_of_date,
    cast(sets.position as bigint) as segment_position,
    coalesce(counted.members, 0) as members,
    {{ count_measure('spine.present_members') }} as present_members,
    {{ ratio('coalesce(counted.members, 0)', 'spine.present_members') }} as segment_share
from {{ ref('int_segments__spine') }} as spine
inner join {{ ref('int_segments__rebuilt_periods') }} as rebuilt
    on spine.period_grain = rebuilt.period_grain and spine.period_start = rebuilt.period_start
inner join {{ ref('int_segments__sets') }} as sets on spine.segment_set = sets.segment_set
left join counted
    on
        spine.segment_set = counted.segment_set
        and spine.as_of_date = counted.as_of_date
        and spine.scope_type = counted.scope_type
        and spine.scope_id = counted.scope_id
        and sets.segment = counted.segment
