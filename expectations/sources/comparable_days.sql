-- What source suites share: which days a day is held against.

-- Grain: one row per day asked for and earlier day of the eight weeks before that is of its kind. An ordinary day is held against the same
-- weekday, without holidays and make-up workdays. A make-up workday (a Saturday or Sunday on which the country works) is held against
-- ordinary workdays, a holiday against weekends and holidays.
create macro comparable_days(days, earlier) as table
with asked as (
    select days.business_date, special.is_workday, isodow(days.business_date) as weekday
    from (select distinct business_date from query_table(days)) as days
    left join special_days as special on days.business_date = special.business_date
),

known as (
    select earlier.business_date, special.is_workday, isodow(earlier.business_date) as weekday
    from (select distinct business_date from query_table(earlier)) as earlier
    left join special_days as special on earlier.business_date = special.business_date
)

select asked.business_date, known.business_date as comparable_date
from asked
inner join known on known.business_date < asked.business_date and known.business_date >= asked.business_date - 56
where
    case
        when asked.is_workday is null then known.is_workday is null and known.weekday = asked.weekday
        when asked.is_workday then known.is_workday is null and known.weekday <= 5
        else not coalesce(known.is_workday, known.weekday <= 5)
    end;
