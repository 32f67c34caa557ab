-- Grain: one row per community with a membership source: since when the list of its members is complete.
-- A declared list starts with its first member; a group's members are known from the first fetched list on.
with declared as (
    select
        {{ community_key('platform', 'account_id', 'community_id') }} as community_key,
        platform,
        {{ local_date('min(joined_at)') }} as listed_from_date
    from {{ ref('int_membership__declared') }}
    group by platform, account_id, community_id
),

observed as (
    select
        {{ community_key('platform', 'account_id', 'community_id') }} as community_key,
        platform,
        min(business_date) as listed_from_date
    from {{ ref('stg_wecom_groups__groups') }}
    group by platform, account_id, community_id
),

listed as (
    select * from declared
    union all
    select * from observed
)

select
    listed.community_key,
    listed.platform,
    least(min(listed.listed_from_date), min(spells.first_date)) as first_date,
    min(listed.listed_from_date) as listed_from_date
from listed
left join (
    select community_key, min(joined_date) as first_date
    from {{ ref('int_membership__spells') }}
    group by community_key
) as spells on listed.community_key = spells.community_key
group by listed.community_key, listed.platform
