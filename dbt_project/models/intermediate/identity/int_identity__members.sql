{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    streams=['identity_links.identity_links', 'wecom_groups.group_members', 'wecom_contacts.relations'],
    touches='identity_touches',
    touches_members='identity',
    member_columns=['native_id', 'member_key']
) }}
-- Grain: one row per native id that evidence joins to another one.
-- The canonical member_key is the least hash of the connected component; an id without evidence is its own member_key and has no row.
{% if is_as_it_was() -%}
    select native_id, member_key
    from {{ this }}
    where false
{% else -%}
    with recursive reached (native_id, label) as (
        select left_id as native_id, left_id as label
        from {{ ref('int_identity__edges') }}

        union

        -- Only labels below the reached id go on: the least label of a component is below every id on its way.
        select edges.right_id as native_id, reached.label
        from reached
        inner join {{ ref('int_identity__edges') }} as edges on reached.native_id = edges.left_id
        where reached.label < edges.right_id
    )

    select native_id, min(label) as member_key
    from reached
    group by native_id
{%- endif %}
