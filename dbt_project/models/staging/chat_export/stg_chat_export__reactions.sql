-- depends_on: {{ ref('int_activity__moved_events') }}
-- depends_on: {{ ref('int_identity__members') }}
-- depends_on: {{ ref('int_identity__actors') }}
-- depends_on: {{ ref('int_membership__channels') }}
-- Grain: one row per delivered version of a reaction whose time the export states, on the business dates that this build must rebuild.
-- A reaction without a time of its own (Slack, Discord) is a count on its message and no activity of any day.
-- The files are listed after the models above: a move, a merge or a channel that they find adds dates to rebuild.
select
    platform,
    coalesce(account_id, '') as account_id,
    reactions.message_id || ':' || reactions.emoji || ':' || reactions.member_id as event_id,
    {{ identifier('member_id') }} as member_id,
    community_id,
    'reaction' as event_type,
    cast(null as varchar) as content_id,
    cast(null as varchar) as campaign_id,
    cast(null as varchar) as value,
    cast(null as varchar) as properties,
    actor_type,
    {{ instant('occurred_at') }} as occurred_at,
    cast(_period_date as date) as business_date,
    cast(null as timestamp) as updated_at,
    false as is_deleted,
    {{ content_fingerprint('chat_export', 'reactions') }} as content_fingerprint,
    {{ version_columns() }}
from {{ lake('chat_export', 'reactions', touched='activity') }} as reactions
where is_dated = 'true'
