-- Grain: one row per community that has members, activity or a name.
-- Names of communities live here, so that a mart's scope_id stays a key.
with first_dates as (
    select community_key, first_date, listed_from_date from {{ ref('int_membership__listed') }}
    union all
    select scope_id as community_key, first_date, cast(null as date) as listed_from_date
    from {{ ref('int_status__scope_dates') }}
    where domain = 'activity' and scope_type = 'community'
    union all
    select community_key, cast(null as date) as first_date, cast(null as date) as listed_from_date from {{ ref('int_membership__community_names') }}
),

communities as (
    select community_key, min(first_date) as first_date, min(listed_from_date) as listed_from_date
    from first_dates
    group by community_key
)

select
    communities.community_key,
    {{ key_part('communities.community_key', 1) }} as platform,
    {{ key_part('communities.community_key', 2) }} as account_id,
    {{ key_rest('communities.community_key') }} as community_id,
    names.name as community_name,
    communities.first_date,
    communities.listed_from_date
from communities
left join {{ ref('int_membership__community_names') }} as names on communities.community_key = names.community_key
