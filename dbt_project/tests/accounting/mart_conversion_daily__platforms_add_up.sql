-- Orders and gross of the platforms add up to those of all, currency by currency.
select
    whole.business_date, whole.currency, whole.orders, platforms.orders as orders_of_platforms,
    whole.gross_amount, platforms.gross_amount as gross_of_platforms
from {{ ref('mart_conversion_daily') }} as whole
left join (
    select business_date, currency, sum(orders) as orders, sum(gross_amount) as gross_amount
    from {{ ref('mart_conversion_daily') }}
    where scope_type = 'platform'
    group by business_date, currency
) as platforms on whole.business_date = platforms.business_date and whole.currency = platforms.currency
where
    whole.scope_type = 'all'
    and (whole.orders <> coalesce(platforms.orders, 0) or whole.gross_amount <> coalesce(platforms.gross_amount, 0))
