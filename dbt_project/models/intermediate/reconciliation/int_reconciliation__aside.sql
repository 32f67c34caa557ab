-- Grain: one row per metric, account id and business date: rows of the day that could belong to the figure and are not in ours.
-- Put aside or held back. Of a stock, memberships that began before belong to it too; of lists, only those of the day.
with aside as (
    select source, account_id, business_date, sum(quarantined + held) as aside
    from {{ ref('int_status__received') }}
    where source in ('memberships', 'wecom_groups', 'events', 'chat_export')
    group by source, account_id, business_date
    having sum(quarantined + held) > 0
),

cells as (
    select distinct metric, account_id, business_date
    from {{ ref('int_reconciliation__platform_days') }}
)

select cells.metric, cells.account_id, cells.business_date, sum(aside.aside) as aside
from cells
inner join aside
    on
        cells.account_id = aside.account_id
        and (
            (cells.metric = 'messages' and aside.source in ('events', 'chat_export') and cells.business_date = aside.business_date)
            or (cells.metric <> 'messages' and aside.source = 'memberships' and cells.business_date >= aside.business_date)
            or (cells.metric <> 'messages' and aside.source = 'wecom_groups' and cells.business_date = aside.business_date)
        )
group by cells.metric, cells.account_id, cells.business_date
