-- Grain: one row per customer, member of staff and observation.
-- Evidence of a relation at that moment; one that is missing from a later observation is not taken to have ended.
select distinct
    platform,
    coalesce(account_id, '') as account_id,
    {{ identifier('member_id') }} as member_id,
    staff_id,
    {{ identifier('unionid') }} as unionid,
    contact_type,
    {{ instant('added_at') }} as added_at,
    add_way,
    state,
    tag_ids,
    tag_names,
    case
        when relations.operator_id = relations.member_id then 'customer'
        when relations.operator_id is not null then 'staff'
    end as begun_by,
    {{ instant('_snapshot_at') }} as snapshot_at,
    cast(_period_date as date) as business_date,
    _file_sha256 as file_sha256
from {{ lake('wecom_contacts', 'relations') }} as relations
