-- Every active member is exactly one of new, retained and resurrected.
select period_grain, period_start, scope_type, scope_id, active, new, retained, resurrected
from {{ ref('mart_lifecycle') }}
where active <> new + retained + resurrected
