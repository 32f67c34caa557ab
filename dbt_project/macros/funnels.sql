{#
    Declared funnels as SQL. The definitions are rows of the seeds; they are read while a model compiles and become plain
    comparisons of columns with literals. Nothing that an analyst writes is ever taken for SQL: columns and operators come from
    closed lists, values and property names are quoted.
#}

{# Rows of a seed, in the order of its columns; none while the project is parsed or before the seed has been loaded. #}
{% macro _seed_rows(seed, columns) -%}
    {%- if not execute or flags.WHICH not in ('build', 'run', 'compile', 'show') -%}{{ return([]) }}{%- endif -%}
    {%- set relation = adapter.get_relation(this.database, 'definitions', seed) -%}
    {%- if relation is none -%}{{ return([]) }}{%- endif -%}
    {%- set names = columns | join(', ') -%}
    {{ return(run_query('select ' ~ names ~ ' from ' ~ relation ~ ' order by ' ~ names).rows | list) }}
{%- endmacro %}

{# Every funnel: name, order, steps and exclusions; a step and an exclusion are met by any of their (event, filter) pairs. #}
{% macro funnels() -%}
    {%- set found = [] -%}
    {%- set steps = _seed_rows('funnel_steps', ['definition', 'step_index', 'event', "coalesce(event_filter, '')"]) -%}
    {%- set exclusions = _seed_rows('funnel_exclusions', ['definition', 'from_step', 'to_step', 'event', "coalesce(event_filter, '')"]) -%}
    {%- for definition, step_order in _seed_rows('funnel_definitions', ['definition', 'step_order']) -%}
        {%- set step_list, exclusion_list, spans = [], [], [] -%}
        {%- for row in steps if row[0] == definition -%}
            {%- if step_list | length < row[1] -%}{%- do step_list.append([]) -%}{%- endif -%}
            {%- do step_list[-1].append((row[2], row[3])) -%}
        {%- endfor -%}
        {%- for row in exclusions if row[0] == definition -%}
            {%- if (row[1], row[2]) not in spans -%}{%- do spans.append((row[1], row[2])) -%}{%- do exclusion_list.append([]) -%}{%- endif -%}
            {%- do exclusion_list[-1].append((row[3], row[4])) -%}
        {%- endfor -%}
        {%- do found.append({
            'name': definition, 'order': step_order, 'steps': step_list, 'exclusions': exclusion_list, 'spans': spans,
            'events': (step_list + exclusion_list) | sum(start=[]) | map(attribute=0) | unique | list,
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# 1 .. the greatest number of steps of any funnel. The models unroll their steps over these numbers. #}
{% macro funnel_step_numbers() -%}
    {{ return(range(1, [1, funnels() | map(attribute='steps') | map('length') | max | default(1)] | max + 1) | list) }}
{%- endmacro %}
{% macro funnel_exclusion_numbers() -%}
    {{ return(range(1, funnels() | map(attribute='exclusions') | map('length') | max | default(0) + 1) | list) }}
{%- endmacro %}

{# Which domains of facts a funnel is measured from. #}
{% macro funnel_domains(events) -%}
    {%- set domains = [] -%}
    {%- for event in events -%}
        {%- do domains.append({'join': 'membership', 'purchase': 'commerce'}.get(event, 'activity')) -%}
    {%- endfor -%}
    {{ return(domains | unique | list) }}
{%- endmacro %}

{#
    The columns of an event that some filter reads; the others are not read, because events are many. The pipeline says which:
    a dependency on the filters themselves would make every activity table depend on them.
#}
{% macro filtered_event_columns(relation) -%}
    {%- set used = setting('filtered_fields', '').split(' ') -%}
    {%- for name in ['content_id', 'campaign_id', 'value'] %}
    {{ relation ~ '.' ~ name if name in used else 'cast(null as varchar)' }} as {{ name }},
    {%- endfor %}
    {{ relation ~ '.properties' if 'properties' in used else 'cast(null as varchar)' }} as properties
{%- endmacro %}

{# Text of '1' and '0': which of the lists of (event, filter) pairs a row of `fact` (`event`, `join` or `purchase`) meets. #}
{% macro funnel_mask(lists, fact) -%}
    {%- if not lists -%}''{%- endif -%}
    {%- for pairs in lists -%}
        case when {{ _meets_any(pairs, fact) }} then '1' else '0' end{{ ' || ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro _meets_any(pairs, fact) -%}
    {%- set conditions = [] -%}
    {%- for event, filter in pairs -%}
        {%- if event == fact -%}
            {%- do conditions.append('(true' ~ _filter_condition(filter) ~ ')') -%}
        {#- Who joins may be told by a list or by a message of a chat; who buys, by orders alone. #}
        {%- elif fact == 'event' and event != 'purchase' -%}
            {%- set named = 'is_activity' if event == 'activity' else 'event_type = ' ~ quoted(event) -%}
            {%- do conditions.append('(' ~ named ~ _filter_condition(filter) ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ conditions | join(' or ') if conditions else 'false' }}
{%- endmacro %}

{% macro quoted(text) -%}
    {{ return("'" ~ text | replace("'", "''") ~ "'") }}
{%- endmacro %}

{# ` and ...` of every condition of a named filter; `purchase` and `event` rows have the same column names. #}
{% macro _filter_condition(filter) -%}
    {%- set rows = _seed_rows('event_filters', ['event_filter', 'field', 'operator', "coalesce(value, '')"]) if filter else [] -%}
    {%- for row in rows if row[0] == filter %} and {{ _condition(_filtered_column(row[1]), row[2], row[3]) }}{%- endfor -%}
{%- endmacro %}

{% macro _filtered_column(column) -%}
    {%- if column.startswith('properties.') -%}
        {{ return(json_text('properties', column[11:])) }}
    {%- endif -%}
    {{ return(column) }}
{%- endmacro %}

{# What is missing differs from every value and contains nothing. #}
{% macro _condition(column, operator, value) -%}
    {%- set texts = [] -%}
    {%- for text in value.split('|') -%}{%- do texts.append(quoted(text)) -%}{%- endfor -%}
    {%- set listed = texts | join(', ') -%}
    {%- set contained = 'position(lower(' ~ quoted(value) ~ ') in lower(' ~ column ~ ')) > 0' -%}
    {%- set comparisons = {'greater': '>', 'at_least': '>=', 'less': '<', 'at_most': '<='} -%}
    {%- if operator == 'is' -%}coalesce({{ column }} in ({{ listed }}), false)
    {%- elif operator == 'is_not' -%}coalesce({{ column }} not in ({{ listed }}), true)
    {%- elif operator == 'contains' -%}coalesce({{ contained }}, false)
    {%- elif operator == 'not_contains' -%}not coalesce({{ contained }}, false)
    {%- elif operator == 'is_set' -%}{{ column }} is not null
    {%- elif operator == 'is_not_set' -%}{{ column }} is null
    {%- else -%}coalesce({{ number_or_null(column) }} {{ comparisons[operator] }} {{ value }}, false)
    {%- endif -%}
{%- endmacro %}

{# The value of a numbered column whose number stands in another column: `advance_2` where `reached` is 2. #}
{% macro numbered(prefix, number, numbers, suffix='') -%}
    case {{ number }}{% for n in numbers %} when {{ n }} then {{ prefix }}{{ n }}{{ suffix }}{% endfor %} end
{%- endmacro %}

{# Whether the funnel tables are made anew: asked for, or not there yet. #}
{% macro funnels_rebuild_everything() -%}
    {{ return(is_rebuilt_whole() or adapter.get_relation(this.database, 'intermediate', 'int_funnels__attempts') is none) }}
{%- endmacro %}

{#
    What an unordered funnel wants of its events, as (component, nth, step_group, needed): the nth step of the component is done
    when every group of its steps has the needed number of events. Steps of one component may share events; steps that are alike
    stand together, and funnels whose steps share nothing have groups of one.
#}
{% macro funnel_step_groups(funnel) -%}
    {%- set kinds, components, found = [], [], [] -%}
    {%- for pairs in funnel.steps if pairs not in kinds -%}{%- do kinds.append(pairs) -%}{%- endfor -%}
    {%- for pairs in kinds -%}
        {%- set joined = [pairs] -%}
        {%- for component in components[:] if _share_an_event(component | sum(start=[]), pairs) == 'true' -%}
            {%- do joined.extend(component) -%}{%- do components.remove(component) -%}
        {%- endfor -%}
        {%- do components.append(joined) -%}
    {%- endfor -%}
    {%- for component in components -%}
        {%- set number = loop.index -%}
        {%- set steps = funnel.steps | select('in', component) | list | length -%}
        {%- for choice in range(1, 2 ** (component | length)) -%}
            {%- set chosen = [] -%}
            {%- for place in range(component | length) if (choice // 2 ** place) % 2 == 1 -%}
                {%- do chosen.append(component[place]) -%}
            {%- endfor -%}
            {%- set mask = [] -%}
            {%- for pairs in funnel.steps -%}{%- do mask.append('1' if pairs in chosen else '0') -%}{%- endfor -%}
            {%- set spare = steps - (mask | select('equalto', '1') | list | length) -%}
            {%- for nth in range(spare + 1, steps + 1) -%}
                {%- do found.append((number, nth, mask | join, nth - spare)) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# Whether one event could meet both; `activity` may be any event type. #}
{% macro _share_an_event(pairs, others) -%}
    {%- set types, other_types = pairs | map(attribute=0) | list, others | map(attribute=0) | list -%}
    {%- set in_common = types | select('in', other_types) | list -%}
    {%- set events = types | reject('equalto', 'purchase') | list -%}
    {%- set other_events = other_types | reject('equalto', 'purchase') | list -%}
    {%- set any_of_one = events and other_events and ('activity' in events or 'activity' in other_events) -%}
    {{ return('true' if in_common or any_of_one else 'false') }}
{%- endmacro %}

{# Only of the members whose deeds differ, on the dates on which their attempts may start. #}
{% macro of_rebuilt_members(facts) -%}
    {%- if not funnels_rebuild_everything() -%}
    inner join {{ ref('int_funnels__rebuilt_members') }} as rebuilt
        on
            {{ facts }}.definition = rebuilt.definition
            and {{ facts }}.member_key = rebuilt.member_key
            and {{ facts }}.business_date between rebuilt.first_date and rebuilt.last_date
            and {{ facts }}.business_date >= {{ first_reached_date('int_funnels__rebuilt_members') }}
    {%- endif -%}
{%- endmacro %}

{# The least `first_date` of a table that is built already, as a literal: an engine leaves out the parts of a fact that end before it. #}
{% macro first_reached_date(table) -%}
    {%- set relation = adapter.get_relation(this.database, 'intermediate', table) if execute -%}
    {%- set first = run_query('select min(first_date) from ' ~ relation).rows[0][0] if relation -%}
    date '{{ first or '2000-01-01' }}'
{%- endmacro %}

{#
    Of a member's attempts the one that gets furthest, of equals the earliest, and its times; whether one of them was excluded; and when it
    was known for certain that they got to a step: the end of the first window, so that a rate of any day can be told from it. Before
    a source begins, nobody was seen to go on, or not to.
#}
{% macro furthest_attempt(attempts, observed) -%}
    {%- set place = '100000 * ' ~ attempts ~ '.reached_steps - ' ~ days_between(attempts ~ '.entry_date', "date '2000-01-01'") -%}
    {%- set numbers = funnel_step_numbers() | map('int') | list -%}
    max({{ attempts }}.reached_steps) as reached_steps,
    max(case when {{ attempts }}.is_excluded then 1 else 0 end) = 1 as is_excluded
    {%- for number in numbers %},
    min(
        case
            when {{ attempts }}.reached_steps >= {{ number }} and {{ attempts }}.entry_date >= {{ observed }}.observed_from
                then {{ attempts }}.matures_on
        end
    ) as matured_{{ number }}
    {%- endfor %}
    {%- for number in numbers[1:] %},
    {{ value_at_greatest(attempts ~ '.microseconds_to_' ~ number, place) }} as microseconds_to_{{ number }}
    {%- endfor %}
{%- endmacro %}

{# By step, as further columns, the average and the median of the seconds since the step before, of the rows that `condition` holds for. #}
{% macro funnel_times(numbers, condition='') -%}
    {%- for number in numbers -%}
    {%- set microseconds = 'microseconds_to_' ~ number -%}
    {%- set of_those = 'case when ' ~ condition ~ ' then ' ~ microseconds ~ ' end' if condition else microseconds -%}
    ,
        {{ ratio('sum(' ~ of_those ~ ')', '1000000 * count(' ~ of_those ~ ')') }} as average_{{ number }},
        {{ ratio(median(of_those), '1000000') }} as median_{{ number }}
    {%- endfor -%}
{%- endmacro %}

{# The counts of all time that the rows of `int_funnels__members` add up to. #}
{% macro totals_of_funnels() -%}
    {{ return({
        'relation': 'int_funnels__kept_counts',
        'keys': ['definition', 'scope_type', 'scope_id', 'step_index', 'matured_on'],
        'measures': ['reached', 'excluded'],
        'contributions': 'counts_of_best_attempts',
        'counts': 'rows',
    }) }}
{%- endmacro %}

{# What rows of `int_funnels__members` count, those of `all` a second time in the channel of the member. #}
{% macro counts_of_best_attempts(rows) -%}
    {%- set numbers = funnel_step_numbers() | map('int') | list -%}
    {%- set best = ['is_excluded', 'reached_steps'] -%}
    {%- for number in numbers -%}{%- do best.append('matured_' ~ number) -%}{%- endfor -%}
    {%- set best = best | join(', ') -%}
    with equal_rows as (
        select definition, scope_type, scope_id, channel, {{ best }}, count(*) as members
        from {{ rows }} as best_attempts
        group by definition, scope_type, scope_id, channel, {{ best }}
    ),

    scopes as (
        select definition, scope_type, scope_id, {{ best }}, members
        from equal_rows
        union all
        select definition, 'channel' as scope_type, channel as scope_id, {{ best }}, members
        from equal_rows
        where channel is not null
    )
    {% for number in numbers %}
    select
        definition,
        scope_type,
        scope_id,
        {{ number }} as step_index,
        coalesce(matured_{{ number }}, date '9999-12-31') as matured_on,
        case when is_excluded then 0 else members end as reached,
        case when is_excluded then members else 0 end as excluded
    from scopes
    where {{ 'reached_steps >= ' ~ number ~ ' and not is_excluded' if number > 1 else '1 = 1' }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}

{% macro members_of_changed_attempts() -%}
    select member_key from {{ adapter.get_relation(this.database, 'intermediate', 'int_funnels__changed_members') }}
{%- endmacro %}

{# The domain of dates that are touched for one funnel only. #}
{% macro funnel_domain(definition) -%}
    'funnel_mart:' || {{ definition }}
{%- endmacro %}

{#
    A scope that is known further (or less far) changes whose window is over: of the attempts of the dates between the two ends, and as far
    before as a window reaches. Those between the ends count now, or no longer do. A scope that has only now become known changes
    all of both.
#}
{% macro funnel_observed_touches(old, new) -%}
    with pairs as (
        select
            coalesce(before.definition, after.definition) as definition,
            case when before.observed_from = after.observed_from then least(before.observed_until, after.observed_until) end as known_until,
            greatest(
                coalesce(before.observed_until, after.observed_until), coalesce(after.observed_until, before.observed_until)
            ) as last_date
        from {{ old }} as before
        full outer join {{ new }} as after
            on before.definition = after.definition and before.scope_type = after.scope_type and before.scope_id = after.scope_id
        where
            before.observed_until is null
            or after.observed_until is null
            or before.observed_until <> after.observed_until
            or before.observed_from <> after.observed_from
    ),

    ranges as (
        select
            {{ funnel_domain('pairs.definition') }} as domain,
            {{ add_days('pairs.known_until', '-definitions.reach_days') }} as first_date,
            pairs.last_date
        from pairs
        left join {{ adapter.get_relation(this.database, 'intermediate', 'int_funnels__definitions') }} as definitions
            on pairs.definition = definitions.definition
        union
        select 'funnel_known' as domain, {{ add_days('known_until', 1) }} as first_date, last_date
        from pairs
    )

    select distinct ranges.domain, dates.business_date
    from ranges
    inner join {{ adapter.get_relation(this.database, 'intermediate', 'int_calendar__dates') }} as dates
        on dates.business_date between coalesce(ranges.first_date, date '2000-01-01') and ranges.last_date
{%- endmacro %}

{# The periods of the attempts that this build has made anew, and of dates whose counts or maturity have changed. #}
{% macro rebuilt_funnel_periods() -%}
    select definition, period_grain, entry_period
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_funnels__rebuilt_periods') }}
{%- endmacro %}

{% macro rebuilt_funnel_members() -%}
    select definition, member_key, first_date, last_date
    from {{ adapter.get_relation(this.database, 'intermediate', 'int_funnels__rebuilt_members') }}
{%- endmacro %}
