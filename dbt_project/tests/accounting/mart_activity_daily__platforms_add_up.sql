-- Messages and interactions of the platforms add up to those of all.
select whole.business_date, whole.messages, platforms.messages as of_platforms, whole.interactions, platforms.interactions as interactions_of_platforms
from {{ ref('mart_activity_daily') }} as whole
left join (
    select business_date, sum(messages) as messages, sum(interactions) as interactions
    from {{ ref('mart_activity_daily') }}
    where scope_type = 'platform'
    group by business_date
) as platforms on whole.business_date = platforms.business_date
where
    whole.scope_type = 'all'
    and (whole.messages <> coalesce(platforms.messages, 0) or whole.interactions <> coalesce(platforms.interactions, 0))
