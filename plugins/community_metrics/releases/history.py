"""What was shown to readers when (`published/history.jsonl`), and what was refused (`releases/refusals.jsonl`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.files import append_line, read_lines
from community_metrics.releases.manifest import manifest_path, read_manifest
from community_metrics.releases.pointer import current_release_id, release_path, switch_to
from community_metrics.settings import Settings


@dataclass(frozen=True)
class Event:
    """One move of the pointer: `release_id` was shown instead of `previous_release_id` at `at` (UTC)."""

    at: str
    event: Literal["published", "rolled_back"]
    release_id: str
    previous_release_id: str | None
    fingerprint: str


@dataclass(frozen=True)
class Refusal:
    """A candidate that its audit refused. `after_release` is what readers saw then, and kept seeing."""

    refused_at: str
    fingerprint: str
    after_release: str | None
    reasons: list[str]


ReleaseState = Literal["current", "earlier", "rolled_back", "unpublished", "damaged"]


@dataclass(frozen=True)
class ReleaseSummary:
    """One line of `releases list`. `unpublished`: its run was killed before it was shown; `damaged`: see `releases verify`."""

    release_id: str
    state: ReleaseState
    created_at: str | None
    data_through: str | None
    inputs: int
    rows: int
    warnings: int
    previous_release_id: str | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class RollbackReport:
    """Readers see `release_id` now, and no longer `previous_release_id`."""

    release_id: str
    previous_release_id: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def utc_now() -> str:
    """The present moment as `2026-11-22T04:15:00.123456Z`: such texts sort as the moments do."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def history_path(settings: Settings) -> Path:
    return settings.published / "history.jsonl"


def refusals_path(settings: Settings) -> Path:
    return settings.releases / "refusals.jsonl"


def events(settings: Settings) -> list[Event]:
    """All moves of the pointer, oldest first."""
    return [Event(**record) for record in read_lines(history_path(settings))]


def record_event(settings: Settings, event: Event) -> None:
    append_line(history_path(settings), asdict(event))


def refusals(settings: Settings) -> list[Refusal]:
    """All refused candidates, oldest first."""
    return [Refusal(**record) for record in read_lines(refusals_path(settings))]


def record_refusal(settings: Settings, fingerprint: str, reasons: Sequence[str]) -> Refusal:
    """Remember a refused candidate, so that the next good release can tell of it; once, however often it is judged."""
    for known in refusals_since_last_release(settings):
        if (known.fingerprint, known.reasons) == (fingerprint, list(reasons)):
            return known
    refusal = Refusal(utc_now(), fingerprint, current_release_id(settings), list(reasons))
    append_line(refusals_path(settings), asdict(refusal))
    return refusal


def refusals_since_last_release(settings: Settings) -> list[Refusal]:
    """The refusals that no release has told of yet."""
    published = [event.at for event in events(settings) if event.event == "published"]
    return [refusal for refusal in refusals(settings) if not published or refusal.refused_at > published[-1]]


def settled_fingerprints(settings: Settings) -> dict[str, str]:
    """Fingerprint -> release id for which there is nothing to do: the newest published release and the current one.

    The two differ after a rollback. Counting the newest as done is what keeps a run without new inputs from undoing it.
    """
    published = [event for event in events(settings) if event.event == "published"]
    settled = {event.fingerprint: event.release_id for event in published[-1:]}
    current = current_release_id(settings)
    if current is not None:
        try:
            settled[read_manifest(release_path(settings, current))["fingerprint"]] = current
        except (CommunityMetricsError, KeyError):
            return settled  # a damaged release must not keep a new one from being made
    return settled


def list_releases(settings: Settings) -> list[ReleaseSummary]:
    """All complete releases, newest first."""
    current = current_release_id(settings)
    moves = events(settings)
    shown = {move.release_id for move in moves}
    left = {move.previous_release_id for move in moves if move.event == "rolled_back"}

    def state(name: str) -> ReleaseState:
        if name == current:
            return "current"
        if name not in shown:
            return "unpublished"
        return "rolled_back" if name in left else "earlier"

    return [_summary(folder, state(folder.name)) for folder in sorted(release_folders(settings), reverse=True)]


def _summary(folder: Path, state: ReleaseState) -> ReleaseSummary:
    try:
        manifest = read_manifest(folder)
        return ReleaseSummary(
            release_id=folder.name,
            state=state,
            created_at=manifest["created_at"],
            data_through=manifest["data_through"],
            inputs=len(manifest["inputs"]),
            rows=sum(mart["rows"] for mart in manifest["marts"]),
            warnings=len(manifest["warnings"]),
            previous_release_id=manifest["previous_release_id"],
        )
    except (CommunityMetricsError, KeyError, TypeError):
        return ReleaseSummary(folder.name, "damaged", None, None, 0, 0, 0, None)


def release_folders(settings: Settings) -> list[Path]:
    """The folders of all complete releases."""
    if not settings.releases.is_dir():
        return []
    return [folder for folder in settings.releases.iterdir() if not folder.name.startswith(".") and manifest_path(folder).is_file()]


def roll_back(settings: Settings, release_id: str) -> RollbackReport:
    """Show another release than the current one, an earlier or again a later one. Call under the writer lock.

    Runs without new inputs leave it in place; new inputs lead to a new release.
    """
    folder = release_path(settings, release_id)
    current = current_release_id(settings)
    if current is None:
        raise CommunityMetricsError("nothing is published yet", str(settings.current_release), "`community-metrics run` publishes")
    if current == release_id:
        raise CommunityMetricsError(f"{release_id} is the current release already", str(settings.current_release), "name another release")
    fingerprint = read_manifest(folder)["fingerprint"]
    switch_to(settings, release_id)
    record_event(settings, Event(utc_now(), "rolled_back", release_id, current, fingerprint))
    return RollbackReport(release_id, current)
