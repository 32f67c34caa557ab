-- Net is gross less refunds, and unknown exactly when the refunds are.
select business_date, currency, scope_type, scope_id, gross_amount, refund_amount, net_amount
from {{ ref('mart_conversion_daily') }}
where net_amount is distinct from gross_amount - refund_amount
