-- Grain: one row per calendar date from the first to the last date that any source knows.
-- Workdays follow the holiday file with its make-up workdays; a year that the file does not cover has no workdays, not guessed ones.
with covered as (
    select distinct extract(year from business_date) as covered_year
    from {{ ref('holidays') }}
),

known as (
    select min(first_date) as first_date, max(last_date) as last_date
    from {{ ref('int_status__known_ranges') }}
)

select
    dates.business_date,
    {{ week_start('dates.business_date') }} as week_start_date,
    {{ month_start('dates.business_date') }} as month_start_date,
    {{ iso_weekday('dates.business_date') }} as weekday,
    {{ iso_weekday('dates.business_date') }} >= 6 as is_weekend,
    case
        when covered.covered_year is not null then coalesce(holidays.is_workday, {{ iso_weekday('dates.business_date') }} < 6)
    end as is_workday
from {{ ref('int_calendar__dates') }} as dates
inner join known on dates.business_date between known.first_date and known.last_date
left join covered on extract(year from dates.business_date) = covered.covered_year
left join {{ ref('holidays') }} as holidays on dates.business_date = holidays.business_date
