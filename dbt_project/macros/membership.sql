{# What reaches whom among members: which of them a build looks at again. Each selects `member_key`. #}

{# A membership that was taken back leaves no trace in the lake of whose it was: then all declared rows are read. #}
{% macro memberships_are_gone() -%}
    {{ return(has_news(['memberships.memberships'], only_gone=true)) }}
{%- endmacro %}

{# Native ids of which a file speaks that no complete build has taken up. #}
{% macro ids_in_new_memberships() -%}
    select {{ identifier('member_id') }} as member_key from {{ lake('memberships', 'memberships', news_only=true) }}
{%- endmacro %}

{# The condition by which staging reads the rows of those only; none when all are read, as the model that keeps them does. #}
{% macro of_ids_in_new_memberships() -%}
    {%- set kept = adapter.get_relation(this.database, 'intermediate', 'int_membership__declared') if execute -%}
    {%- if kept and not is_rebuilt_whole('int_membership__declared') and not memberships_are_gone() -%}
        {{ return(identifier('member_id') ~ ' in (' ~ ids_in_new_memberships() ~ ')') }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{# Lists of members say of everybody who is not on them that they left; with the first list of a group begins what is known of it. #}
{% macro member_lists_have_news() -%}
    {{ return(has_news(['wecom_groups.groups', 'wecom_groups.group_members', 'wecom_groups.group_event_members'])) }}
{%- endmacro %}

{#
    Whose spells may differ: whose declared rows do, who is somebody else by now, who is staff or no longer, and who was brought by
    one of those.
#}
{% macro members_of_changed_memberships() -%}
    with changed as (
        select member_key from control.touched_members where domain in ('declared', 'identity', 'actor')
    ),

    ids as (
        select member_key as native_id from changed
        union
        select native_id from {{ ref('int_identity__members') }} where member_key in (select member_key from changed)
    )

    select member_key from changed
    union
    -- Of ids whose last declared row is gone, only the links still tell whose they are.
    select member_key from {{ ref('int_identity__members') }} where native_id in (select native_id from ids)
    union
    select coalesce(identity.member_key, declared.member_id) as member_key
    from {{ ref('int_membership__declared') }} as declared
    left join {{ ref('int_identity__members') }} as identity on declared.member_id = identity.native_id
    where
        declared.member_id in (select native_id from ids)
        or declared.referrer_member_id in (select native_id from ids)
{%- endmacro %}

{% macro members_of_changed_spells() -%}
    select member_key from control.touched_members where domain = 'spell'
{%- endmacro %}

{% macro members_of_changed_entries() -%}
    select member_key from control.touched_members where domain in ('spell', 'channel')
{%- endmacro %}

{% macro touched_membership_dates() -%}
    {{ touched_dates('membership') }}
{%- endmacro %}

{# The flows of the days on which a spell that differs began or ended. #}
{% macro spell_touches(old, new) -%}
    select distinct 'membership' as domain, dates.business_date
    from (
        select joined_date as business_date from {{ changed_rows(old, new) }} as begun
        union
        select left_date as business_date from {{ changed_rows(old, new) }} as ended
    ) as dates
{%- endmacro %}

{# Who gets another channel counts elsewhere on every day of their activity, and in the flows of the days on which they came and went. #}
{% macro channel_touches(old, new) -%}
    with changed_members as (
        select member_key from {{ changed_rows(old, new) }} as changed
    )

    select domain, business_date
    from ({{ _days_of_members(changed_rows(old, new), ['member_key'], only_scopes=true) }}) as active_days
    union all
    select 'membership' as domain, joined_date as business_date
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_membership__spells') }}
    where member_key in (select member_key from changed_members)
    union all
    select 'membership' as domain, left_date as business_date
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_membership__spells') }}
    where member_key in (select member_key from changed_members)
{%- endmacro %}

{# Of whom anything is known otherwise than in the release: what a row about a person is made of records its members. Of activity it holds the first only. #}
{% macro members_of_any_change() -%}
    select member_key from control.touched_members where domain <> 'activity'
{%- endmacro %}

{# The same as readers see them. #}
{% macro keys_of_any_change() -%}
    select {{ identifier_text('member_key') }} as member_key from ({{ members_of_any_change() }}) as changed
{%- endmacro %}

{# Orders do not record whose they are: they are read whole. #}
{% macro orders_have_news() -%}
    {{ return(has_news(['orders.orders', 'orders.order_items', 'orders.refunds', 'order_items.order_items', 'refunds.refunds'])) }}
{%- endmacro %}
