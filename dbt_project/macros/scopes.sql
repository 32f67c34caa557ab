{#
    How far a scope is known: a community as far as its platform, a channel as far as everything. The two expressions are the
    key under which `int_status__observed` holds that.
#}
{% macro observed_scope_type(scope_type) -%}
    case {{ scope_type }} when 'platform' then 'platform' when 'community' then 'platform' else 'all' end
{%- endmacro %}

{% macro observed_scope_id(scope_type, scope_id) -%}
    case {{ scope_type }} when 'platform' then {{ scope_id }} when 'community' then {{ key_part(scope_id, 1) }} else 'all' end
{%- endmacro %}

{# The four scopes of a fact that has a community: their names, and as a relation. #}
{% macro scope_type_names() -%}
    {{ return(['all', 'platform', 'community', 'channel']) }}
{%- endmacro %}
{% macro scope_types() -%}
    (values ('{{ scope_type_names() | join("'), ('") }}'))
{%- endmacro %}

{# The scope of that type in which a fact lies; NULL when it lies in none: no community, or a member without a channel. #}
{% macro scope_id_of(scope_type, fact, channels) -%}
    case {{ scope_type }}
        when 'all' then 'all'
        when 'platform' then {{ fact }}.platform
        when 'community' then nullif({{ fact }}.community_key, '')
        else {{ channels }}.channel
    end
{%- endmacro %}

{#
    Whether a stickiness window is answered by masks of active days: any activity counts, and once is enough. With the rest of the week
    in which it ends, a window of 56 days takes 62 of the 63 bits.
#}
{% macro is_masked_window(windows) -%}
    (
        {{ windows }}.event = 'activity'
        and {{ windows }}.minimum_occurrences = 1
        and {{ windows }}.maximum_occurrences is null
        and {{ days_between(windows ~ '.window_end', windows ~ '.window_start') }} < 56
    )
{%- endmacro %}
