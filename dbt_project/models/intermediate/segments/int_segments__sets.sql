-- Grain: one row per declared set of segments and segment, with how many days the set looks back.
-- A set is only known where all of its look-back is: before that nobody can be told to be lost.
select
    segment_set,
    segment,
    min(position) as position,
    {{ count_measure("max(max(" ~ segment_lookback('measure', 'at_least', 'at_most') ~ ")) over (partition by segment_set)") }} as lookback_days
from {{ ref('segment_definitions') }}
group by segment_set, segment
