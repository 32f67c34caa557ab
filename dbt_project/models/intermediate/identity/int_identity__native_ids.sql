{{ config(materialized='view') }}
-- Grain: one row per native id of a platform that evidence joins to something.
-- What links name beside it (a person of a mapping file, a unionid) is evidence and no account of anybody's.
select member_id as native_id
from {{ ref('stg_identity_links__links') }}
where status = 'linked'

union

select member_id as native_id
from {{ ref('stg_wecom_groups__group_members') }}
where unionid is not null

union

select member_id as native_id
from {{ ref('stg_wecom_contacts__relations') }}
where unionid is not null
