"""What the ledger knows: the records that cross its boundary. Instants are aware UTC datetimes, dates are business dates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

Status = Literal["landed", "ingested", "held", "rejected", "unrecognised", "withdrawn"]
SnapshotOrigin = Literal["flag", "sidecar", "folder", "file", "landing"]

INSTANT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
"""Canonical text of a UTC instant, in the ledger and in the lake: sorts as the instants do."""


@dataclass(frozen=True)
class Landing:
    """One file as landed under one source, account, period and declared snapshot.

    `landing_id`: sha256 hex of that identity. `source` is empty for an unrecognised file, `account_id` for a missing account.
    `snapshot_at`: the moment whose state the file shows; `snapshot_origin` tells who said so (`landing`: nobody, it is the
    moment of landing). `period`: the last business date that the file covers, if declared.
    `rows` = `accepted` + `quarantined` + `totals` of revision `revision` (0: not ingested yet).
    `needs_gate`: ingested, and the source gate has not judged it yet. `drift`: how the file differs from its template.
    """

    landing_id: str
    sha256: str
    size: int
    original_name: str
    landed_at: datetime
    source: str
    account_id: str
    snapshot_at: datetime
    snapshot_origin: SnapshotOrigin
    period: date | None = None
    template: str | None = None
    status: Status = "landed"
    reason_code: str | None = None
    reason: str | None = None
    revision: int = 0
    rows: int = 0
    accepted: int = 0
    quarantined: int = 0
    totals: int = 0
    drift: Mapping[str, Any] = field(default_factory=dict)
    needs_gate: bool = False
    run_id: str | None = None

    @property
    def snapshot_is_declared(self) -> bool:
        """Whether somebody, or the file itself, said what moment it shows."""
        return self.snapshot_origin != "landing"


@dataclass(frozen=True)
class Arrival:
    """A stored file that is to be recorded. `snapshot_at`, `period` and the others as in `Landing`."""

    sha256: str
    size: int
    original_name: str
    landed_at: datetime
    source: str
    account_id: str
    snapshot_at: datetime
    snapshot_origin: SnapshotOrigin
    period: date | None = None
    template: str | None = None
    status: Status = "landed"
    reason_code: str | None = None
    reason: str | None = None

    @property
    def declared_snapshot_at(self) -> datetime | None:
        """The snapshot if somebody declared it: only then is it part of what the landing is."""
        return self.snapshot_at if self.snapshot_origin in ("flag", "sidecar", "folder") else None


@dataclass(frozen=True)
class LakeFile:
    """The rows of one landing on one business date. `path`, relative to the home, is the Parquet file in which they stand, alone
    or with those of other small landings (`files.SHARED_SUFFIX`)."""

    landing_id: str
    revision: int
    source: str
    stream: str
    business_date: date
    path: str
    rows: int


@dataclass(frozen=True)
class LakeSum:
    """A file of the lake as it was written: bytes, time of writing in nanoseconds, sha256. `path` as in `LakeFile`."""

    path: str
    size: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True)
class Coverage:
    """What one landing tells of one platform account: complete from `first_date` to `observed_until`.

    `source`: of what it is complete; empty: of the source that it landed under.
    """

    platform: str
    account_id: str
    first_date: date
    observed_until: date
    source: str = ""


@dataclass(frozen=True)
class QuarantinedRow:
    """A row that was put aside. `row_hash`: keyed hash of the raw row, equal for equal rows of any file of the source."""

    account_id: str
    business_date: date | None
    row_hash: bytes


@dataclass(frozen=True)
class Ingested:
    """Everything that one ingest of one landing has made; recorded in one transaction."""

    revision: int
    template: str
    rows: int
    accepted: int
    quarantined: int
    totals: int
    drift: Mapping[str, Any]
    lake_files: list[LakeFile]
    coverage: list[Coverage]
    quarantined_rows: Iterable[QuarantinedRow]


@dataclass(frozen=True)
class Refusal:
    """Why no row of a landing is used."""

    reason_code: str
    reason: str
    status: Status = "rejected"


@dataclass(frozen=True)
class LandResult:
    """What landing one file came to. `message` says it in a sentence; `landing` is None only for a refused file."""

    path: str
    outcome: Literal["landed", "already_landed", "erased", "unrecognised", "withdrawn", "refused"]
    message: str
    landing: Landing | None = None


@dataclass(frozen=True)
class TemplateChanges:
    """The templates against those that the ledger knows: those that have come, those that have changed or gone. A ledger that knows
    none yet (`is_first`) has nothing to compare them with."""

    new: list[str]
    stale: list[str]
    is_first: bool

    def __bool__(self) -> bool:
        return bool(self.new or self.stale)


@dataclass(frozen=True)
class Changes:
    """The active landings against those of the last release.

    `removed` carries the revision that was published. `dates`: every (source, stream, business date) with a lake file of either.
    """

    added: list[Landing]
    removed: list[Landing]
    dates: list[tuple[str, str, date]]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


@dataclass(frozen=True)
class ObservedUntil:
    """The widest coverage of one platform account by one source's active landings."""

    source: str
    platform: str
    account_id: str
    first_date: date
    observed_until: date


@dataclass(frozen=True)
class QuarantineCount:
    """Distinct quarantined rows of one source, account and business date (None: the row had no readable date)."""

    source: str
    account_id: str
    business_date: date | None
    rows: int


def identify_landing(sha256: str, source: str, account_id: str, period: date | None, declared_snapshot_at: datetime | None) -> str:
    """The landing's id. Equal bytes under equal declarations are one landing; what nobody declared is no part of it."""
    parts = (sha256, source, account_id, date_text(period), instant_text(declared_snapshot_at))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def instant_text(instant: datetime | None) -> str:
    """Canonical text of an aware instant; empty for none."""
    return instant.astimezone(UTC).strftime(INSTANT_FORMAT) if instant else ""


def date_text(day: date | None) -> str:
    """ISO text of a date; empty for none."""
    return day.isoformat() if day else ""
