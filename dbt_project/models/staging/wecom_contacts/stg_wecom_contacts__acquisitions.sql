-- Grain: one row per acquisition link, customer, member of staff and observation.
-- Who came over which link, as of that moment: the customer side of a campaign's links.
select distinct
    platform,
    coalesce(account_id, '') as account_id,
    link_id,
    {{ identifier('member_id') }} as member_id,
    staff_id,
    chat_status,
    state,
    {{ instant('_snapshot_at') }} as snapshot_at,
    cast(_period_date as date) as business_date,
    _file_sha256 as file_sha256
from {{ lake('wecom_contacts', 'acquisitions') }}
