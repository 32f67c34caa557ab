{% set figures = ['followers', 'gained', 'lost', 'net', 'reads', 'plays', 'likes', 'comments', 'shares'] -%}
{#- The first source that states a figure of a day is believed: what somebody has mapped for this purpose comes before what a
    platform's console or API reports. Each with the figures that it has. -#}
{% set sources = [
    ('stg_account_daily__account_daily', figures | reject('equalto', 'net') | list),
    ('stg_creator_content__account_days', figures),
    ('int_content__mp_account_days', ['followers', 'gained', 'lost', 'reads', 'likes', 'comments', 'shares']),
] -%}
-- Grain: one row per platform account and business date, from every source that reports accounts by day.
-- Sources complete one another column by column; where two state the same figure, their order below decides.
with reported as (
    {% for model, stated in sources -%}
        select
            platform,
            account_id,
            business_date,
            {% for figure in figures -%}
                {{ figure if figure in stated else 'cast(null as bigint)' }} as {{ figure }},
            {% endfor -%}
            {{ loop.index }} as preference
        from {{ ref(model) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

preferred as (
    select
        platform,
        account_id,
        business_date,
        {% for figure in figures -%}
            {{ first_known(figure, 'platform, account_id, business_date', 'preference') }} as {{ figure }},
        {% endfor -%}
        row_number() over (partition by platform, account_id, business_date order by preference) as source_rank
    from reported
)

select
    platform,
    account_id,
    business_date,
    {{ figures | join(',\n    ') }}
from preferred
where source_rank = 1
