-- depends_on: {{ ref('int_activity__moved_events') }}
-- depends_on: {{ ref('int_identity__members') }}
-- depends_on: {{ ref('int_identity__actors') }}
-- depends_on: {{ ref('int_membership__channels') }}
-- Grain: one row per delivered version of an event, on the business dates that this build must rebuild (all in a full refresh).
-- The winning version is chosen one step later, when it is known which events have moved to another date.
-- The files are listed after the models above: a move, a merge or a channel that they find adds dates to rebuild.
select
    platform,
    coalesce(account_id, '') as account_id,
    event_id,
    {{ identifier('member_id') }} as member_id,
    community_id,
    event_type,
    content_id,
    campaign_id,
    cast(value as varchar) as value,
    properties,
    coalesce(actor_type, 'member') as actor_type,
    {{ instant('occurred_at') }} as occurred_at,
    cast(_period_date as date) as business_date,
    {{ instant('updated_at') }} as updated_at,
    coalesce(is_deleted, 'false') = 'true' as is_deleted,
    {{ content_fingerprint('events', 'events') }} as content_fingerprint,
    {{ version_columns() }}
from {{ lake('events', 'events', touched='activity') }}
