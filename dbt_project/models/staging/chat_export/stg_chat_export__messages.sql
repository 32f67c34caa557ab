-- depends_on: {{ ref('int_activity__moved_events') }}
-- depends_on: {{ ref('int_identity__members') }}
-- depends_on: {{ ref('int_identity__actors') }}
-- depends_on: {{ ref('int_membership__channels') }}
-- Grain: one row per delivered version of a chat message, on the business dates that this build must rebuild.
-- What was done by somebody of whom the export has no id (Telegram names who was added, and no more) is nobody's activity.
-- The files are listed after the models above: a move, a merge or a channel that they find adds dates to rebuild.
select
    platform,
    coalesce(account_id, '') as account_id,
    message_id as event_id,
    {{ identifier('member_id') }} as member_id,
    community_id,
    event_type,
    cast(null as varchar) as content_id,
    cast(null as varchar) as campaign_id,
    cast(null as varchar) as value,
    cast(null as varchar) as properties,
    coalesce(actor_type, 'member') as actor_type,
    {{ instant('occurred_at') }} as occurred_at,
    cast(_period_date as date) as business_date,
    cast(null as timestamp) as updated_at,
    coalesce(is_deleted, 'false') = 'true' as is_deleted,
    {{ content_fingerprint('chat_export', 'messages') }} as content_fingerprint,
    {{ version_columns() }}
from {{ lake('chat_export', 'messages', touched='activity') }}
where member_id is not null
