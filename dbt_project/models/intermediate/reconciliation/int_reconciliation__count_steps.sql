{% set cell = 'metric, platform, account_id, business_date' -%}
-- Grain: one row per metric, account, business date and reason why a platform's own count of members or messages is not ours.
-- What is known by itself (staff, bots, linked ids) comes first. What is left over is explained as far as something else is known to be
-- missing: rows put aside, by their number; a day that was not over; groups that no list or message tells of. The rest is unexplained.
with compared as (
    select
        days.metric, days.platform, days.account_id, days.business_date, days.reported, days.is_final, days.groups,
        members.communities, members.members as ours, members.staff, members.bots, members.tests,
        members.spells - members.members as merged
    from {{ ref('int_reconciliation__platform_days') }} as days
    left join {{ ref('int_reconciliation__member_days') }} as members using (platform, account_id, business_date)
    where days.metric <> 'messages'

    union all

    select
        days.metric, days.platform, days.account_id, days.business_date, days.reported, days.is_final, days.groups,
        messages.communities, messages.member_messages as ours,
        messages.staff_messages as staff, messages.bot_messages as bots, messages.test_messages as tests,
        0 as merged
    from {{ ref('int_reconciliation__platform_days') }} as days
    left join {{ ref('int_reconciliation__message_days') }} as messages using (platform, account_id, business_date)
    where days.metric = 'messages'
),

-- Below zero: they count more than we do, after everything that is known by itself.
left_over as (
    select
        compared.*,
        compared.ours - (compared.reported - compared.staff - compared.bots - compared.tests - compared.merged) as remainder,
        coalesce(aside.aside, 0) as aside,
        compared.metric = 'followers' or coalesce(compared.groups > compared.communities, false) as has_more_groups
    from compared
    left join {{ ref('int_reconciliation__aside') }} as aside using (metric, account_id, business_date)
),

without_aside as (
    select *, case when remainder < 0 then -least(-remainder, aside) else 0 end as quarantined
    from left_over
),

named as (
    select
        *,
        case when not is_final then remainder - quarantined else 0 end as late,
        case when is_final and has_more_groups and remainder < quarantined then remainder - quarantined else 0 end as not_covered
    from without_aside
)

{% for reason, change in [
    ('staff', '-staff'),
    ('bot', '-bots'),
    ('test', '-tests'),
    ('merged_identities', '-merged'),
    ('quarantined', 'quarantined'),
    ('late', 'late'),
    ('not_covered', 'not_covered'),
    ('unexplained', 'remainder - quarantined - late - not_covered'),
] -%}
    select {{ cell }}, '{{ reason }}' as reason, {{ change }} as change, reported, ours
    from named
    {{ 'union all' if not loop.last }}
{% endfor %}
