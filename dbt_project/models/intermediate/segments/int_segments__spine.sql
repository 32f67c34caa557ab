-- Grain: one row per set of segments, finished week or month, and scope whose members and whose activity over the look-back are known.
-- Periods that run have no row: what a member is by the end of a period is known when it has ended, and then costs once.
with sets as (
    select segment_set, max(lookback_days) as lookback_days
    from {{ ref('int_segments__sets') }}
    group by segment_set
)

select
    sets.segment_set,
    grains.period_grain,
    {{ period_start('stock.business_date', 'grains.period_grain') }} as period_start,
    stock.business_date as as_of_date,
    stock.scope_type,
    stock.scope_id,
    stock.members_at_end as present_members
from {{ ref('int_membership__daily') }} as stock
cross join (values ('week'), ('month')) as grains (period_grain)
cross join sets
inner join {{ ref('int_status__observed') }} as observed
    on
        observed.domain = 'activity'
        and {{ observed_scope_type('stock.scope_type') }} = observed.scope_type
        and {{ observed_scope_id('stock.scope_type', 'stock.scope_id') }} = observed.scope_id
where
    stock.members_at_end is not null
    and {{ period_end(period_start('stock.business_date', 'grains.period_grain'), 'grains.period_grain') }} = stock.business_date
    and stock.business_date between {{ add_days('observed.observed_from', 'sets.lookback_days - 1') }} and observed.observed_until
