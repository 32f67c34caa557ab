"""What is wrong with a home right now, as a list of incidents: the same incident has the same key as long as it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from community_metrics.releases.contents import DATABASE_NAME
from community_metrics.releases.history import refusals_since_last_release
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.marts import columns_of, mart_names, mart_relation, reading
from community_metrics.releases.pointer import current_release_id, release_path
from community_metrics.settings import Settings
from community_metrics.sources.retention import DEADLINES, Deadline, read_deadlines

Kind = Literal["release_refused", "release_stale", "source_missing", "retention_clock"]

# A source that missed its day longer ago than this was given up, or mended by other means; nobody is woken for it.
_LOOK_BACK_DAYS = 14


@dataclass(frozen=True)
class Incident:
    """One thing that somebody has to look at. `subject`: what it is about; `since`: an ISO date or moment."""

    kind: Kind
    subject: str
    since: str
    details: tuple[str, ...]
    runbook: str

    @property
    def key(self) -> str:
        """The same for as long as the incident lasts, whatever is found out about it meanwhile."""
        return f"{self.kind} {self.subject}"


@dataclass(frozen=True)
class SourceCoverage:
    """How far an account of a source that has to come every day is complete."""

    source: str
    account: str
    complete_until: date | None


@dataclass(frozen=True)
class Facts:
    """What incidents are told from. `released_at`: when the current release was made, None without one."""

    now: datetime
    today: date
    release_id: str | None
    released_at: datetime | None
    refused_at: str | None
    refusal_reasons: tuple[str, ...]
    sources: tuple[SourceCoverage, ...]
    deadlines: tuple[Deadline, ...] = ()


def read_facts(settings: Settings, now: datetime | None = None) -> Facts:
    """Read them from the home, changing nothing. Raises `CommunityMetricsError` when a release cannot be read."""
    moment = now or datetime.now(UTC)
    current = current_release_id(settings)
    folder = release_path(settings, current) if current else None
    refusals = refusals_since_last_release(settings)
    today = moment.astimezone(settings.zone).date()
    sources, deadlines = _read_status(folder / DATABASE_NAME, today) if folder else ([], [])
    return Facts(
        now=moment,
        today=today,
        release_id=current,
        released_at=datetime.fromisoformat(read_manifest(folder)["created_at"]) if folder else None,
        refused_at=refusals[-1].refused_at if refusals else None,
        refusal_reasons=tuple(refusals[-1].reasons) if refusals else (),
        sources=tuple(sources),
        deadlines=tuple(deadlines),
    )


def _read_status(database: Path, today: date) -> tuple[list[SourceCoverage], list[Deadline]]:
    with reading(database) as connection:
        if "mart_data_status" not in mart_names(connection):
            return [], []
        relation = mart_relation("mart_data_status")
        rows = connection.execute(
            "select source, account_id, max(case when complete then business_date end)"
            f" from {relation} where expected and business_date >= ? group by all order by 1, 2",
            [today - timedelta(days=_LOOK_BACK_DAYS)],
        ).fetchall()
        # A release of before the clock has no such column.
        has_clock = "available_until" in {column.name for column in columns_of(connection, relation)}
        kept = connection.execute(DEADLINES.format(relation=relation)).fetchall() if has_clock else []
    return [SourceCoverage(*row) for row in rows], read_deadlines(kept, today)


def incidents(facts: Facts, stale_after_hours: int, missing_after_days: int) -> list[Incident]:
    """What is wrong, in the order in which it matters.

    `stale_after_hours`: how old the release that readers see may become. `missing_after_days`: how many days after its end a
    business date has to be complete (1: on the day after it, when the platforms deliver, it is not missed yet).
    """
    return [*_refused(facts), *_stale(facts, stale_after_hours), *_missing(facts, missing_after_days), *_clock(facts)]


def _refused(facts: Facts) -> Sequence[Incident]:
    if facts.refused_at is None:
        return []
    return [Incident("release_refused", "release", facts.refused_at, facts.refusal_reasons, "docs/runbooks/release-refused.md")]


def _stale(facts: Facts, stale_after_hours: int) -> Sequence[Incident]:
    if facts.released_at is None or facts.now - facts.released_at <= timedelta(hours=stale_after_hours):
        return []
    hours = int((facts.now - facts.released_at).total_seconds() // 3600)
    details = (f"{facts.release_id}: {hours} h", f"> {stale_after_hours} h")
    return [Incident("release_stale", "release", facts.released_at.isoformat(), details, "docs/runbooks/release-stale.md")]


def _missing(facts: Facts, missing_after_days: int) -> Sequence[Incident]:
    due = facts.today - timedelta(days=1 + missing_after_days)
    found = []
    for source in facts.sources:
        if source.complete_until is None or source.complete_until < due:
            since = (source.complete_until or facts.today - timedelta(days=_LOOK_BACK_DAYS + 1)) + timedelta(days=1)
            subject = f"{source.source} {source.account}".strip()
            found.append(Incident("source_missing", subject, since.isoformat(), (f"{since} .. {due}",), "docs/runbooks/source-missing.md"))
    return found


def _clock(facts: Facts) -> Sequence[Incident]:
    """Of each account whose platform is about to forget a day that has not come: the same incident before the loss and after it."""
    return [
        Incident(
            "retention_clock",
            f"{deadline.source} {deadline.account}".strip(),
            (deadline.complete_until + timedelta(days=1)).isoformat(),
            (deadline.sentence,),
            "docs/runbooks/retention-clock.md",
        )
        for deadline in facts.deadlines
        if deadline.state != "kept"
    ]
