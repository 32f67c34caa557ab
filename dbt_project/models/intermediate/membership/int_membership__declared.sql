{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='ids_in_new_memberships',
    unless='memberships_are_gone',
    member_column='member_id',
    touches_members='declared',
    member_columns=['member_id']
) }}
-- Grain: one row per member, community and moment of joining that a membership file declares.
-- Kept, so that a day's file is compared with the rows of its members only.
select
    platform,
    account_id,
    community_id,
    member_id,
    joined_at,
    left_at,
    channel,
    referrer_member_id,
    business_date,
    is_restated
from {{ ref('stg_memberships__memberships') }}
