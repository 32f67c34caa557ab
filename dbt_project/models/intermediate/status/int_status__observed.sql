-- Grain: one row per domain, scope type and scope: the last business date that is complete in what has landed.
-- The least over the sources that feed the scope; never the clock.
with domains (source, domain) as (
    values
    ('events', 'activity'),
    ('chat_export', 'activity'),
    ('memberships', 'membership'),
    ('wecom_groups', 'membership'),
    ('orders', 'commerce'),
    ('refunds', 'refunds'),
    ('account_daily', 'account'),
    ('content_daily', 'content'),
    ('creator_content', 'content')
),

by_source as (
    select domains.domain, observed.source, observed.platform, max(observed.observed_until) as observed_until
    from control.observed as observed
    inner join domains on observed.source = domains.source
    where observed.observed_until is not null
    group by domains.domain, observed.source, observed.platform
),

by_platform as (
    select domain, platform, min(observed_until) as observed_until
    from by_source
    group by domain, platform
)

select domain, 'platform' as scope_type, platform as scope_id, observed_until
from by_platform
union all
select domain, 'all' as scope_type, 'all' as scope_id, min(observed_until) as observed_until
from by_platform
group by domain
