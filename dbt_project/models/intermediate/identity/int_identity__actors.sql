{{ config(materialized='incremental', incremental_strategy='replace_changed', touches='member_touches', touches_members='actor') }}
-- Grain: one row per member with a record that says they are not an ordinary member.
-- A person who is staff on one platform is staff on all: their activity is not the community's.
select
    member_key,
    case
        when {{ count_where("actor_type = 'test'") }} > 0 then 'test'
        when {{ count_where("actor_type = 'bot'") }} > 0 then 'bot'
        else 'staff'
    end as actor_type
from {{ ref('int_identity__records') }}
where actor_type <> 'member'
group by member_key
