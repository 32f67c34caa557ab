"""Landings that wait at the sources gate: a ledger and lake files as an ingest leaves them, without the ingest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Ingested, LakeFile, Landing
from community_metrics.settings import Settings
from community_metrics.sources.registry import load_registry

DAY = date(2026, 10, 10)
ANA, BEN = "a" * 32, "b" * 32

EVENT = {
    "event_id": "e1",
    "occurred_at": "2026-10-10T01:00:00.000000Z",
    "platform": "wechat",
    "account_id": "",
    "member_id": ANA,
    "id_kind": "native",
    "event_type": "message",
    "value": "1.5",
    "properties": '{"topic": "a:b"}',
    "is_deleted": "false",
}
GROUP = {"platform": "wecom", "account_id": "", "chat_id": "g1", "owner": ANA, "members_listed": "2"}
MEMBER = {"platform": "wecom", "account_id": "", "chat_id": "g1", "member_id": ANA, "actor_type": "member"}

Rows = Sequence[Mapping[str, Any]]


def events(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Rows of `events`, all right but for the changes."""
    return [{**EVENT, "event_id": f"e{number}", **changes} for number in range(count)]


def land(
    settings: Settings,
    ledger: Ledger,
    streams: Mapping[str, Rows],
    *,
    name: str = "file.csv",
    source: str = "events",
    day: date = DAY,
    snapshot_at: datetime = datetime(2026, 10, 12, 2, tzinfo=UTC),
    quarantined: int = 0,
    drift: Mapping[str, Any] | None = None,
) -> Landing:
    """Land a file whose accepted rows are `streams` (stream -> rows, all of one business date) and have it wait for the gate."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    landing, _ = ledger.land(
        sha256=sha256,
        size=1,
        original_name=name,
        landed_at=snapshot_at,
        source=source,
        account_id="",
        snapshot_at=snapshot_at,
        snapshot_origin="flag",
    )
    files = [_write(settings, landing, stream, rows, day, snapshot_at) for stream, rows in streams.items() if rows]
    accepted = sum(len(rows) for rows in streams.values())
    ledger.record_ingested(
        landing.landing_id,
        Ingested(
            revision=1,
            template=source,
            rows=accepted + quarantined,
            accepted=accepted,
            quarantined=quarantined,
            totals=0,
            drift=drift or {},
            lake_files=files,
            coverage=[],
            quarantined_rows=[],
        ),
    )
    return ledger.landing(landing.landing_id)


def _write(settings: Settings, landing: Landing, stream: str, rows: Rows, day: date, snapshot_at: datetime) -> LakeFile:
    definition = load_registry()[landing.source].stream(stream)
    technical = {
        "_file_sha256": landing.sha256,
        "_snapshot_at": snapshot_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "_period_date": day.isoformat(),
        "_account_id": landing.account_id,
        "_template": landing.source,
    }
    complete = [{**technical, "_row_no": number, **row} for number, row in enumerate(rows, start=1)]
    types = {"text": pa.string(), "bigint": pa.int64()}
    columns = {name: pa.array([row.get(name) for row in complete], types[kind]) for name, kind in definition.lake_columns.items()}
    path = settings.lake / landing.source / stream / f"date={day}" / f"{landing.landing_id[:16]}-r1.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return LakeFile(landing.landing_id, 1, landing.source, stream, day, str(path.relative_to(settings.home)), len(complete))
