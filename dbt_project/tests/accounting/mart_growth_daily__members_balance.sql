-- Members at the end of a day are those of the day before, plus new and rejoined, less left.
select *
from (
    select
        business_date, scope_type, scope_id, new_members, rejoined_members, left_members, members_at_end,
        lag(members_at_end, 1, 0) over (partition by scope_type, scope_id order by business_date) as members_before
    from {{ ref('mart_growth_daily') }}
)
where members_at_end <> members_before + new_members + rejoined_members - left_members
