-- Net is gross less refunds, and unknown exactly when one of the two is.
select cohort_kind, cohort_start, month_index, currency, scope_type, scope_id, gross_amount, refund_amount, net_amount
from {{ ref('mart_ltv_cohorts') }}
where net_amount is distinct from gross_amount - refund_amount
