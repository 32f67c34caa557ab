"""What `status` tells: what readers see, what has landed, and what is missing, late, held, refused or not yet published."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from community_metrics.errors import CommunityMetricsError
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Landing
from community_metrics.releases.candidate import read_candidate
from community_metrics.releases.contents import DATABASE_NAME
from community_metrics.releases.history import refusals_since_last_release
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.marts import mart_names, mart_relation, reading
from community_metrics.releases.pointer import current_release_id, release_path
from community_metrics.settings import Settings
from community_metrics.sources.retention import DEADLINES, Deadline, read_deadlines


@dataclass(frozen=True)
class CurrentRelease:
    """What readers see."""

    release_id: str
    created_at: str
    data_through: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class SourceStatus:
    """One account of a source and the business dates it covers.

    `behind_days`: behind the furthest source; None where no release says that it has to come every day.
    """

    source: str
    platform: str
    account: str
    first_date: str
    observed_until: str
    behind_days: int | None


@dataclass(frozen=True)
class Gap:
    """A stretch of business dates that a source was expected to cover and of which it is not complete."""

    source: str
    account: str
    first_date: str
    last_date: str


@dataclass(frozen=True)
class _Coverage:
    """What a release's `mart_data_status` says: (source, account) pairs that owe a file for every day, where one lacks, and until when
    the platforms keep what is there."""

    daily: frozenset[tuple[str, str]] = frozenset()
    gaps: tuple[Gap, ...] = ()
    kept: tuple[tuple[str, str, date, date], ...] = ()


@dataclass(frozen=True)
class FileStatus:
    """A landed file that is not in the numbers, and why."""

    sha256: str
    name: str
    source: str
    status: str
    reason_code: str | None
    reason: str | None


@dataclass(frozen=True)
class Pending:
    """What has changed in the lake since the last release."""

    added_files: int
    removed_files: int
    business_dates: int


@dataclass(frozen=True)
class StatusReport:
    """`landings`: files by status. `waiting`: files landed or in the inbox that no ingest has looked at."""

    current: CurrentRelease | None
    landings: dict[str, int]
    waiting: int
    sources: tuple[SourceStatus, ...]
    missing: tuple[Gap, ...]
    held: tuple[FileStatus, ...]
    refused: tuple[FileStatus, ...]
    pending: Pending
    candidate: str | None
    refused_releases: tuple[str, ...]
    deadlines: tuple[Deadline, ...]

    @property
    def late(self) -> tuple[SourceStatus, ...]:
        return tuple(source for source in self.sources if source.behind_days)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "late": [asdict(source) for source in self.late]}


def read_status(settings: Settings) -> StatusReport:
    """Read it all, changing nothing. Raises `CommunityMetricsError` when ledger or release cannot be read."""
    with Ledger(settings.ledger_path) as ledger:
        landings = ledger.landings()
        changes = ledger.changed_since_publication()
        covered = ledger.observed_until()
    counts: dict[str, int] = {}
    for landing in landings:
        counts[landing.status] = counts.get(landing.status, 0) + 1
    current = current_release_id(settings)
    folder = release_path(settings, current) if current else None
    candidate = read_candidate(settings)
    coverage = _coverage(folder) if folder else _Coverage()
    furthest = max((entry.observed_until for entry in covered), default=date.min)
    return StatusReport(
        current=_current(folder) if folder else None,
        landings=counts,
        waiting=counts.get("landed", 0) + len(_inbox_files(settings)),
        sources=tuple(
            SourceStatus(
                entry.source,
                entry.platform,
                entry.account_id,
                entry.first_date.isoformat(),
                entry.observed_until.isoformat(),
                (furthest - entry.observed_until).days if (entry.source, entry.account_id) in coverage.daily else None,
            )
            for entry in covered
        ),
        missing=coverage.gaps,
        held=tuple(_file(landing) for landing in landings if landing.status == "held"),
        refused=tuple(_file(landing) for landing in landings if landing.status in ("rejected", "unrecognised")),
        pending=Pending(len(changes.added), len(changes.removed), len({day for _, _, day in changes.dates})),
        candidate=(candidate.audit_status or "not audited") if candidate else None,
        refused_releases=tuple(
            f"{refusal.refused_at[:19]}Z {'; '.join(refusal.reasons)}" for refusal in refusals_since_last_release(settings)
        ),
        deadlines=tuple(read_deadlines(coverage.kept, datetime.now(settings.zone).date())),
    )


def status_lines(report: StatusReport) -> list[str]:
    """For people."""
    from community_metrics.cli.common import table

    lines = []
    if report.current:
        lines.append(f"release   {report.current.release_id}, data through {report.current.data_through or 'no complete date'}")
        lines += [f"warning   {warning}" for warning in report.current.warnings]
    else:
        lines.append("release   none yet")
    lines.append("landed    " + (", ".join(f"{count} {status}" for status, count in sorted(report.landings.items())) or "nothing"))
    if report.waiting:
        lines.append(f"waiting   {report.waiting} files - `community-metrics run` takes them")
    if report.pending.added_files or report.pending.removed_files:
        pending = report.pending
        lines.append(
            f"pending   {pending.added_files} files added, {pending.removed_files} removed, {pending.business_dates} dates touched"
        )
    lines += [f"refused   {refusal}" for refusal in report.refused_releases]
    lines += [f"missing   {gap.source} {gap.account}: not complete {gap.first_date} to {gap.last_date}" for gap in report.missing]
    lines += [
        f"late      {late.source} {late.account}: {late.behind_days} days behind, known until {late.observed_until}" for late in report.late
    ]
    lines += [f"{deadline.state:<9} {deadline.sentence}" for deadline in report.deadlines if deadline.state != "kept"]
    lines += [
        f"{file.status:<9} {file.sha256[:12]} {file.name}: {file.reason or file.reason_code}" for file in (*report.held, *report.refused)
    ]
    if report.sources:
        rows = [(source.source, source.platform, source.account, source.first_date, source.observed_until) for source in report.sources]
        lines += ["", *table(("source", "platform", "account", "from", "until"), rows)]
    return lines


def _current(folder: Path) -> CurrentRelease:
    manifest = read_manifest(folder)
    warnings = tuple(warning["message"] for warning in manifest["warnings"])
    return CurrentRelease(manifest["release_id"], manifest["created_at"], manifest["data_through"], warnings)


def _coverage(folder: Path) -> _Coverage:
    with reading(folder / DATABASE_NAME) as connection:
        if "mart_data_status" not in mart_names(connection):
            return _Coverage()
        status = mart_relation("mart_data_status")
        daily = connection.execute(f"select distinct source, account_id from {status} where expected").fetchall()
        # Dates less their rank are equal within a stretch of days without a hole.
        gaps = connection.execute(
            f"""
            with missing as (
                select source, account_id, business_date,
                       business_date - row_number() over (partition by source, account_id order by business_date)::integer as stretch
                from {status} where expected and not complete
            )
            select source, account_id, min(business_date)::varchar, max(business_date)::varchar
            from missing group by source, account_id, stretch order by 1, 2, 3
            """
        ).fetchall()
        # A release of before the clock has no such column.
        names = {row[0] for row in connection.execute(f"describe {status}").fetchall()}
        kept = connection.execute(DEADLINES.format(relation=status)).fetchall() if "available_until" in names else []
    return _Coverage(frozenset(daily), tuple(Gap(*row) for row in gaps), tuple(kept))


def _inbox_files(settings: Settings) -> list[Path]:
    return [path for path in settings.inbox.rglob("*") if path.is_file() and not path.name.startswith(".")]


def _file(landing: Landing) -> FileStatus:
    return FileStatus(landing.sha256, landing.original_name, landing.source, landing.status, landing.reason_code, landing.reason)


def release_or_current(settings: Settings, release_id: str | None) -> str:
    """The named release, else the current one. Raises `CommunityMetricsError` when nothing is published."""
    chosen = release_id or current_release_id(settings)
    if chosen is None:
        raise CommunityMetricsError("nothing is published yet", str(settings.current_release), "`community-metrics run` publishes")
    return chosen
