{{ config(made_in_pieces='pieces_of_segments') }}
-- depends_on: {{ ref('segment_definitions') }}
-- depends_on: {{ ref('int_segments__rebuilt_periods') }}
-- depends_on: {{ ref('int_membership__presence') }}
-- Grain: one row per declared set, end of a rebuilt period, scope, segment with somebody in it and part of the members looked at.
-- The rules of the definition file as one expression per set: a member is in the first segment whose conditions all hold. Everybody is
-- looked at once for all sets; where they are many, end by end and one part of the members after the other.
-- noqa: disable=LT02
{%- set sets = segment_sets() %}
{%- if sets %}
with by_segments as (
    select
        as_of_date,
        scope_type,
        scope_id,
        {%- for segment_set in sets %}
        {{ segment_of(segment_set) }} as segment_{{ loop.index }},
        {%- endfor %}
        count(*) as members
    from {{ ref('int_segments__measures') }}
    where {{ in_this_piece() }}
    group by as_of_date, scope_type, scope_id
        {%- for segment_set in sets %}, {{ segment_of(segment_set) }}{% endfor %}
)
{% for segment_set in sets %}
select
    '{{ segment_set }}' as segment_set,
    as_of_date,
    scope_type,
    scope_id,
    segment_{{ loop.index }} as segment,
    {{ count_measure('sum(members)') }} as members
from by_segments
group by as_of_date, scope_type, scope_id, segment_{{ loop.index }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
{% else %}
select
    cast(null as varchar) as segment_set, as_of_date, scope_type, scope_id, cast(null as varchar) as segment, cast(0 as bigint) as members
from {{ ref('int_segments__measures') }}
where 1 = 0
{% endif %}
