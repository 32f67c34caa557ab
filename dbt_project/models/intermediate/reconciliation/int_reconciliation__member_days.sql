-- Grain: one row per platform account and business date: who is in the communities of an account at the end of the day.
-- A platform adds up the members of groups: whoever is in two is counted twice, by it and here.
with accounts as (
    select distinct platform, account_id
    from {{ ref('int_reconciliation__platform_days') }}
    where metric <> 'messages'
),

communities as (
    select
        accounts.platform,
        accounts.account_id,
        daily.business_date,
        daily.members_at_end,
        -- Spells, of which a person may have two in one community: by two ids that were linked since, or told twice.
        sum(daily.joins - daily.leaves) over (partition by daily.scope_id order by daily.business_date rows between unbounded preceding and current row)
            as spells_at_end
    from {{ ref('int_membership__daily') }} as daily
    inner join accounts
        on {{ key_part('daily.scope_id', 1) }} = accounts.platform and {{ key_part('daily.scope_id', 2) }} = accounts.account_id
    where daily.scope_type = 'community'
),

spells_of_all as (
    select platform, account_id, member_id, joined_at, left_at
    from {{ ref('int_membership__declared') }}
    union all
    select platform, account_id, member_id, joined_at, left_at
    from {{ ref('int_membership__observed_spells') }}
),

spells_of_actors as (
    select
        spells.platform,
        spells.account_id,
        actors.actor_type,
        {{ local_date('spells.joined_at') }} as joined_date,
        coalesce({{ local_date('spells.left_at') }}, date '9999-12-31') as left_date
    from spells_of_all as spells
    inner join accounts on spells.platform = accounts.platform and spells.account_id = accounts.account_id
    left join {{ ref('int_identity__members') }} as identity on spells.member_id = identity.native_id
    inner join {{ ref('int_identity__actors') }} as actors on coalesce(identity.member_key, spells.member_id) = actors.member_key
    where spells.left_at is null or spells.left_at > spells.joined_at
),

totals as (
    select
        platform,
        account_id,
        business_date,
        count(*) as communities,
        -- Not known as long as one community's list is not.
        case when count(members_at_end) = count(*) then sum(members_at_end) end as members,
        sum(spells_at_end) as spells
    from communities
    group by platform, account_id, business_date
)

select
    totals.platform,
    totals.account_id,
    totals.business_date,
    totals.communities,
    {{ count_measure('totals.members') }} as members,
    {{ count_measure('totals.spells') }} as spells,
    {{ count_where("actors.actor_type = 'staff'") }} as staff,
    {{ count_where("actors.actor_type = 'bot'") }} as bots,
    {{ count_where("actors.actor_type = 'test'") }} as tests
from totals
left join spells_of_actors as actors
    on
        totals.platform = actors.platform
        and totals.account_id = actors.account_id
        and totals.business_date >= actors.joined_date
        and totals.business_date < actors.left_date
group by totals.platform, totals.account_id, totals.business_date, totals.communities, totals.members, totals.spells
