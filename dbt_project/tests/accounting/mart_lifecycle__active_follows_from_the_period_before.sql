-- Active members are those of the period before, less dormant, plus new and resurrected.
select *
from (
    select
        period_grain, period_start, scope_type, scope_id, active, dormant, new, resurrected,
        lag(active, 1, 0) over (partition by period_grain, scope_type, scope_id order by period_start) as active_before
    from {{ ref('mart_lifecycle') }}
)
where active <> active_before - dormant + new + resurrected
