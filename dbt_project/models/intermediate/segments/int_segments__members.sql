-- depends_on: {{ ref('segment_definitions') }}
{{ config(materialized='view') }}
-- Grain: one row per declared set, end of a rebuilt period, scope and segment with somebody in it.
-- The rules of the definition file as one expression per set: a member is in the first segment whose conditions all hold.
{% for segment_set in segment_sets() -%}
    select
        '{{ segment_set }}' as segment_set,
        as_of_date,
        scope_type,
        scope_id,
        {{ segment_of(segment_set) }} as segment,
        {{ count_measure('count(*)') }} as members
    from {{ ref('int_segments__measures') }}
    group by as_of_date, scope_type, scope_id, {{ segment_of(segment_set) }}
    {% if not loop.last %}union all{% endif %}
{% else -%}
    select
        cast(null as varchar) as segment_set, as_of_date, scope_type, scope_id, cast(null as varchar) as segment, cast(0 as bigint) as members
    from {{ ref('int_segments__measures') }}
    where 1 = 0
{% endfor %}
