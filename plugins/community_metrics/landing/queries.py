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
