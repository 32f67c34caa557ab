{#
    The grain of a model: no two rows share these columns. Of a model of all members, `of_touched` names the domain of those whose rows
    may be others than in the release: only they are looked at, unless everything is built.
#}
{% test unique_combination(model, columns, of_touched=none) %}
select {{ columns | join(', ') }}
from {{ model }}
{%- if of_touched and not flags.FULL_REFRESH %}
where member_key in (select member_key from control.touched_members where domain = '{{ of_touched }}')
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
