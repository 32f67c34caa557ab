"""The longer statements of the ledger."""

from __future__ import annotations

RECORD_LANDING = """
insert into landings (landing_id, sha256, size, original_name, landed_at, source, account_id, snapshot_at, snapshot_origin,
    declared_snapshot_at, period, template, status, reason_code, reason)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict do nothing
"""
"""A landing as it comes; nothing when the same declaration of the same bytes is there."""

RECORD_INGESTED = """
update landings set status = 'ingested', reason_code = null, reason = null, needs_gate = 1, template = ?, revision = ?,
    rows = ?, accepted = ?, quarantined = ?, totals = ?, drift = ?, run_id = ?
where landing_id = ?
"""
"""What one ingest of a landing came to."""

RECORD_REFUSED = """
update landings set status = ?, reason_code = ?, reason = ?, needs_gate = 0, rows = 0, accepted = 0, quarantined = 0, totals = 0,
    run_id = ?
where landing_id = ?
"""
"""A landing of which nothing is used."""

FORGET_LANDING = """
update landings set status = 'landed', reason_code = null, reason = null, needs_gate = 0
where landing_id = ? and status in ('landed', 'ingested', 'held', 'rejected')
"""
"""A landing waits again."""

FORGET_TEMPLATE = """
update landings set status = 'landed', reason_code = null, reason = null, needs_gate = 0
where template = ? and status in ('ingested', 'held', 'rejected')
"""
"""What has been read with a template waits again."""

QUARANTINE_COUNTS = """
select landings.source, quarantined_rows.account_id, business_date, count(distinct row_hash)
from quarantined_rows join landings using (landing_id, revision)
where status in ('ingested', 'held') group by 1, 2, 3 order by 1, 2, 3
"""
"""Distinct rows put aside, by source, account and business date, of what is not withdrawn."""

HELD_COUNTS = """
with accounts as (
    select landing_id, revision, min(account_id) as account_id
    from coverage group by 1, 2 having count(distinct account_id) = 1
)
select lake_files.source, coalesce(accounts.account_id, landings.account_id), business_date, sum(lake_files.rows)
from lake_files join landings using (landing_id, revision) left join accounts using (landing_id, revision)
where status = 'held' group by 1, 2, 3 order by 1, 2, 3
"""
"""Rows of held files, by source, account and business date; a file of several accounts counts under its landing's."""

RECORD_SUM = """
insert into lake_sums (path, size, modified_ns, sha256) values (?, ?, ?, ?)
on conflict (path) do update set size = excluded.size, modified_ns = excluded.modified_ns, sha256 = excluded.sha256
"""
"""How a file of the lake was written."""

LAKE_FILES_IN_USE = """
select distinct path, size, modified_ns, sha256, source
from (
    select path, landings.source from lake_files join landings using (landing_id, revision) where status in ('ingested', 'held')
) left join lake_sums using (path)
order by 1
"""
"""The files of which a build may read, and how they were written."""

SHARED_AND_IDLE = """
select distinct lake_files.path, landings.sha256
from lake_files join landings using (landing_id)
where lake_files.path like '%-shared.parquet'
and not (landings.status = 'ingested' and landings.needs_gate = 0 and lake_files.revision = landings.revision)
and lake_files.path in (
    select path from lake_files join landings using (landing_id, revision) where status = 'ingested' and needs_gate = 0
)
order by 1, 2
"""
"""Small files share lake files: whose rows there are withdrawn, held, not judged yet or replaced by a later revision."""
