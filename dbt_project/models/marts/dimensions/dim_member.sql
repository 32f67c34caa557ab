{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='keys_of_any_change',
    unless='orders_have_news'
) }}
-- Grain: one row per member (person) who is known from a record, a membership, an activity or an order.
-- Pseudonymous: keyed hashes only.
with known as (
    select member_key from {{ ref('int_identity__records') }}
    union
    select member_key from {{ ref('int_membership__spells') }}
    union
    select member_key from {{ ref('int_activity__first_seen') }}
    union
    select member_key from {{ ref('int_commerce__orders') }}
    union
    select member_key from {{ ref('int_identity__members') }}
),

keys as (
    select member_key
    from known
    {% if rebuilds_some_members() -%}
        where member_key in ({{ members_of_any_change() }})
    {%- endif %}
),

records as (
    select member_key, min(region) as region, min(created_date) as created_date
    from {{ ref('int_identity__records') }}
    group by member_key
),

identities as (
    select members.member_key, count(*) as native_ids
    from {{ ref('int_identity__members') }} as members
    inner join {{ ref('int_identity__native_ids') }} as native_ids on members.native_id = native_ids.native_id
    group by members.member_key
),

joined as (
    select member_key, min(start_date) as first_joined_date
    from {{ ref('int_membership__presence') }}
    where scope_type = 'all'
    group by member_key
),

active as (
    select member_key, first_active_date, first_seen_date
    from {{ ref('int_activity__first_seen') }}
    where scope_type = 'all'
),

ordered as (
    select member_key, first_order_date
    from {{ ref('int_commerce__first_orders') }}
    where scope_type = 'all'
)

select
    {{ identifier_text('keys.member_key') }} as member_key,
    coalesce(actors.actor_type, 'member') as actor_type,
    channels.channel,
    records.region,
    {{ count_measure('coalesce(identities.native_ids, 1)') }} as native_ids,
    least(active.first_seen_date, joined.first_joined_date, records.created_date, ordered.first_order_date) as first_seen_date,
    joined.first_joined_date,
    active.first_active_date,
    ordered.first_order_date
from keys
left join {{ ref('int_identity__actors') }} as actors on keys.member_key = actors.member_key
left join {{ ref('int_membership__channels') }} as channels on keys.member_key = channels.member_key
left join records on keys.member_key = records.member_key
left join identities on keys.member_key = identities.member_key
left join joined on keys.member_key = joined.member_key
left join active on keys.member_key = active.member_key
left join ordered on keys.member_key = ordered.member_key
