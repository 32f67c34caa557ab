-- What mart suites share: how far a mart must reach, read off the record of what has landed and not off the mart.

-- Grain: one row per platform, and one with platform NULL for everything together: the last business date that is complete.
-- The least over the sources that feed it, as a day is known only when every one of them knows it.
create macro known_until(sources) as table
with by_source as (
    select source, platform, max(observed_until) as observed_until
    from observed
    where list_contains(sources, source)
    group by source, platform
)

select platform, min(observed_until) as observed_until from by_source group by platform
union all
select null as platform, min(observed_until) as observed_until from by_source;

-- The platform that a scope lies in; NULL for a scope across platforms (`all`, a channel).
create macro platform_of(scope_type, scope_id) as
case scope_type when 'platform' then scope_id when 'community' then split_part(scope_id, ':', 1) end;
