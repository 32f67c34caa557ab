{{ config(
    materialized='incremental',
    incremental_strategy='replace_members',
    affected='keys_of_any_change',
    unless='orders_have_news'
) }}
{%- set is_looked_at = is_of_rebuilt_member(members_of_any_change()) %}
-- Grain: one row per member (person) who is known from a record, a membership, an activity or an order.
-- Pseudonymous: keyed hashes only. A day joins those with each other whom something has changed, and nobody else.
with keys as (
    {% for model in [
        'int_identity__records', 'int_membership__spells', 'int_activity__first_seen', 'int_commerce__orders', 'int_identity__members'
    ] -%}
        select member_key from {{ ref(model) }}
        where {{ is_looked_at }}
        {% if not loop.last %}union{% endif %}
    {% endfor %}
),

records as (
    select member_key, min(region) as region, min(created_date) as created_date
    from {{ ref('int_identity__records') }}
    where {{ is_looked_at }}
    group by member_key
),

identities as (
    select members.member_key, count(*) as native_ids
    from {{ ref('int_identity__members') }} as members
    inner join {{ ref('int_identity__native_ids') }} as native_ids on members.native_id = native_ids.native_id
    where members.{{ is_looked_at }}
    group by members.member_key
),

joined as (
    select member_key, min(start_date) as first_joined_date
    from {{ ref('int_membership__presence') }}
    where scope_type = 'all' and {{ is_looked_at }}
    group by member_key
),

active as (
    select member_key, first_active_date, first_seen_date
    from {{ ref('int_activity__first_seen') }}
    where scope_type = 'all' and {{ is_looked_at }}
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
