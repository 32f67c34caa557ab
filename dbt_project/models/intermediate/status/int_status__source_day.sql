-- Grain: one row per source, account and business date on which something is in force.
-- Counted after the newest version is chosen, so that a file delivered twice changes nothing. A row is counted under the source
-- that it makes known: refunds out of a bill are refunds.
with rows_in_force as (
    select source, account_id, business_date, accepted, restated
    from {{ ref('int_activity__source_day') }}

    {% for source, model in [
        ('memberships', 'int_membership__declared'),
        ('members', 'stg_members__members'),
        ('identity_links', 'stg_identity_links__links'),
        ('orders', 'stg_orders__orders'),
        ('refunds', 'stg_refunds__refunds'),
        ('refunds', 'stg_orders__refunds'),
        ('account_daily', 'stg_account_daily__account_daily'),
        ('account_daily', 'stg_creator_content__account_days'),
        ('content_daily', 'stg_content_daily__content_daily'),
        ('content_daily', 'stg_creator_content__content_days'),
        ('creator_content', 'stg_creator_content__snapshots'),
        ('order_items', 'stg_orders__order_items'),
        ('order_items', 'stg_order_items__order_items'),
        ('ad_spend', 'stg_ad_spend__ad_spend'),
        ('touchpoints', 'stg_touchpoints__touchpoints'),
        ('competitor_accounts', 'stg_competitor_accounts__competitor_accounts'),
        ('wecom_stats', 'stg_wecom_stats__group_days'),
        ('wecom_stats', 'stg_wecom_stats__group_owners'),
        ('wecom_stats', 'stg_wecom_stats__staff_days'),
        ('wecom_stats', 'stg_wecom_stats__service_days'),
        ('wecom_contacts', 'stg_wecom_contacts__link_periods'),
        ('wecom_contacts', 'stg_wecom_contacts__contact_events'),
        ('wecom_groups', 'stg_wecom_groups__group_events'),
        ('wecom_groups', 'stg_wecom_groups__group_event_members'),
        ('wechat_mp', 'stg_wechat_mp__account_days'),
        ('wechat_mp', 'stg_wechat_mp__fan_days'),
        ('wechat_mp', 'stg_wechat_mp__reader_sources'),
        ('wechat_mp', 'stg_wechat_mp__article_days'),
        ('wechat_mp', 'stg_wechat_mp__article_totals'),
    ] -%}
        union all

        select '{{ source }}' as source, account_id, business_date, count(*) as accepted, {{ count_where('is_restated') }} as restated
        from {{ ref(model) }}
        group by account_id, business_date

    {% endfor -%}
    union all

    select 'chat_export' as source, account_id, business_date, count(*) as accepted, 0 as restated
    from (
        select account_id, business_date from {{ ref('stg_chat_export__users') }}
        union all
        select account_id, business_date from {{ ref('stg_chat_export__channels') }}
    ) as workspace
    group by account_id, business_date

    union all

    select 'wecom_groups' as source, account_id, business_date, count(*) as accepted, 0 as restated
    from (
        select account_id, business_date from {{ ref('stg_wecom_groups__groups') }}
        union all
        select account_id, business_date from {{ ref('stg_wecom_groups__group_members') }}
        union all
        select account_id, business_date from {{ ref('stg_wecom_groups__group_list') }}
    ) as lists
    group by account_id, business_date

    union all

    select 'wecom_contacts' as source, account_id, business_date, count(*) as accepted, 0 as restated
    from (
        select account_id, business_date from {{ ref('stg_wecom_contacts__relations') }}
        union all
        select account_id, business_date from {{ ref('stg_wecom_contacts__acquisitions') }}
    ) as contacts
    group by account_id, business_date
)

select
    source,
    account_id,
    business_date,
    {{ count_measure('sum(accepted)') }} as accepted,
    {{ count_measure('sum(restated)') }} as restated
from rows_in_force
group by source, account_id, business_date
