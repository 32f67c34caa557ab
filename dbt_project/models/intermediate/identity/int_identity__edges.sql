-- Grain: one row per pair of native ids that evidence joins, in both directions.
-- Evidence only: an explicit link in force, or a unionid that the platform itself returns with the member. Never a nickname.
with evidence as (
    select member_id as left_id, person_id as right_id
    from {{ ref('stg_identity_links__links') }}
    where status = 'linked'

    union

    select member_id as left_id, unionid as right_id
    from {{ ref('stg_wecom_groups__group_members') }}
    where unionid is not null

    union

    select member_id as left_id, unionid as right_id
    from {{ ref('stg_wecom_contacts__relations') }}
    where unionid is not null
)

select left_id, right_id from evidence
union
select right_id as left_id, left_id as right_id from evidence
