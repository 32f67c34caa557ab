"""Makes a release of the audited candidate and shows it: all at once, and whole, wherever a crash may fall.

The order is what makes it safe. Everything is written into a hidden folder and brought to disk; the folder gets its
name; the pointer is replaced; the books (ledger, touched dates, history) are closed. What a killed run leaves behind:

* before the folder has its name: a hidden folder, removed by `recover`;
* before the pointer: a complete release that nobody sees, shown by the next publication of the same candidate;
* before the books are closed: a release that readers see, whose books `recover` closes from its manifest, the restatement
  ledger last.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.candidate import Candidate
from community_metrics.releases.contents import DATABASE_NAME, SITE_NAME, data_through, identity_digest, write_marts
from community_metrics.releases.digest import MartDigest
from community_metrics.releases.files import sync_directory, sync_file
from community_metrics.releases.grains import grain_of
from community_metrics.releases.history import (
    Event,
    events,
    record_event,
    refusals_since_last_release,
    release_folders,
    settled_fingerprints,
    utc_now,
)
from community_metrics.releases.manifest import code_version, list_files, manifest_path, new_release_id, read_manifest, sealed
from community_metrics.releases.pointer import current_release_id, release_path, remove_leftovers, switch_to
from community_metrics.releases.restatement_ledger import close_ledger
from community_metrics.releases.restatement_page import read_told
from community_metrics.releases.restatements import RESTATEMENTS_NAME, side_of, write_restatements
from community_metrics.releases.retention import expire_releases, remove_expired_leftovers
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from community_metrics.landing.ledger import Ledger

log = logging.getLogger(__name__)

_TEMPORARY_PREFIX = ".tmp-"
_READ_ONLY = 0o444


@dataclass(frozen=True)
class PublishReport:
    """The release that readers see now. `is_new` is False when the candidate had been published before."""

    release_id: str
    path: Path
    previous_release_id: str | None
    data_through: str | None
    marts: tuple[MartDigest, ...]
    warnings: tuple[str, ...]
    is_new: bool

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path), "marts": [asdict(mart) for mart in self.marts], "warnings": list(self.warnings)}


def publish_release(settings: Settings, candidate: Candidate, again: bool = False) -> PublishReport:
    """Make a release of the candidate in the working warehouse and show it. Call under the writer lock.

    Publishing the current release once more changes nothing, unless it is to be made `again`: of the same files and definitions,
    because a rebuild of them gave other tables. Raises `CommunityMetricsError` when the disk takes no more.
    """
    with _writing(settings):
        return _publish(settings, candidate, again)


def recover(settings: Settings) -> None:
    """Finish or clear away what a killed publication left behind. Call under the writer lock; does nothing otherwise.

    Raises `CommunityMetricsError` when the disk takes no more.
    """
    with _writing(settings):
        _recover(settings)


@contextmanager
def _writing(settings: Settings) -> Iterator[None]:
    """A disk that is full or may only be read is told as such, and what it means: readers keep a whole release."""
    import duckdb

    try:
        yield
    except (OSError, duckdb.IOException, sqlite3.OperationalError) as error:
        raise CommunityMetricsError(
            f"a release could not be written: {error}",
            str(settings.home),
            "make room or make it writable, then `community-metrics run`, which takes up where this stopped; readers see a whole release",
        ) from error


def _publish(settings: Settings, candidate: Candidate, again: bool) -> PublishReport:
    _recover(settings)
    previous = current_release_id(settings)
    if not again and previous is not None and settled_fingerprints(settings).get(candidate.fingerprint) == previous:
        return _report(settings, read_manifest(release_path(settings, previous)), is_new=False)
    folder = _unshown_release(settings, candidate, previous) or _make_release(settings, candidate, previous)
    log.info("showing release %s", folder.name)
    switch_to(settings, folder.name)
    manifest = read_manifest(folder)
    _close_books(settings, manifest)
    if close_ledger(settings):
        _expire(settings)
    return _report(settings, manifest, is_new=True)


def _recover(settings: Settings) -> None:
    if settings.releases.is_dir():
        for leftover in settings.releases.glob(f"{_TEMPORARY_PREFIX}*"):
            log.info("removing what a killed publication left: %s", leftover)
            shutil.rmtree(leftover)
    remove_leftovers(settings)
    remove_expired_leftovers(settings)
    current = current_release_id(settings)
    moves = events(settings)
    if current is not None and not (moves and moves[-1].release_id == current):
        manifest = read_manifest(release_path(settings, current))
        if any(move.release_id == current for move in moves):
            record_event(settings, Event(utc_now(), "rolled_back", current, moves[-1].release_id, manifest["fingerprint"]))
        else:
            log.info("closing the books of release %s", current)
            _close_books(settings, manifest)
    close_ledger(settings)


def _make_release(settings: Settings, candidate: Candidate, previous: str | None) -> Path:
    settings.releases.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    release_id = new_release_id(candidate.fingerprint, now, [folder.name for folder in release_folders(settings)])
    temporary = settings.releases / f"{_TEMPORARY_PREFIX}{release_id}"
    temporary.mkdir()
    try:
        log.info("writing release %s", release_id)
        digests = write_marts(settings, temporary)
        manifest = _manifest(settings, candidate, release_id, previous, temporary, digests)
        manifest = _with_restatements(settings, manifest, previous, temporary)
        log.info("building the site of release %s", release_id)
        _build_site(settings, temporary, manifest)
        for path in temporary.rglob("*"):
            if path.is_file():
                path.chmod(_READ_ONLY)
        manifest_path(temporary).write_bytes(sealed({**manifest, "files": list_files(temporary)}))
        manifest_path(temporary).chmod(_READ_ONLY)
        _bring_to_disk(temporary)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    folder = settings.releases / release_id
    temporary.rename(folder)
    sync_directory(settings.releases)
    return folder


def _manifest(
    settings: Settings,
    candidate: Candidate,
    release_id: str,
    previous: str | None,
    folder: Path,
    digests: Sequence[tuple[MartDigest, list[str]]],
) -> dict[str, Any]:
    refusals = [{**asdict(refusal), "reason": "; ".join(refusal.reasons)} for refusal in refusals_since_last_release(settings)]
    return {
        "release_id": release_id,
        "created_at": utc_now(),
        "code_version": code_version(),
        "previous_release_id": previous,
        "data_through": data_through(folder / DATABASE_NAME),
        "fingerprint": candidate.fingerprint,
        "build_fingerprint": candidate.build_fingerprint,
        "timezone": settings.timezone,
        "week_start": settings.week_start,
        **candidate.made_with,
        "identity": identity_digest(settings),
        "inputs": candidate.inputs,
        "checks": candidate.checks,
        "approvals": candidate.approvals,
        "marts": [{**asdict(digest), "keys": list(grain_of(digest.name, columns))} for digest, columns in digests],
        "warnings": _warnings(settings, candidate),
        "refusals": refusals,
    }


def _with_restatements(settings: Settings, manifest: dict[str, Any], previous: str | None, folder: Path) -> dict[str, Any]:
    """The manifest with a summary of what the release restates; the cells stand beside it. Readers are told where that is not known."""
    import duckdb

    path, new = folder / RESTATEMENTS_NAME, side_of(folder, manifest)
    try:
        before = release_path(settings, previous) if previous else None
        old = side_of(before, read_manifest(before)) if before else None
        restated = write_restatements(settings, old, new, path)
    except (CommunityMetricsError, duckdb.Error, KeyError) as error:
        log.warning("what release %s restates cannot be told: %s", manifest["release_id"], error)
        restated = write_restatements(settings, None, new, path)
        message = f"which past numbers differ from release {previous} is not known: that release cannot be read"
        manifest = {**manifest, "warnings": [*manifest["warnings"], {"code": "restatements_unknown", "message": message}]}
    return {**manifest, "restatements": [asdict(entry) for entry in restated]}


def _warnings(settings: Settings, candidate: Candidate) -> list[dict[str, Any]]:
    """What a reader should know before trusting the numbers: failed warnings, and files that are held back."""
    failed = [{"code": "check_failed", "message": sentence} for sentence in candidate.warnings]
    failed += [
        {"code": "approved", "message": f"{entry['meaning']}: failed, approved by {entry['by']} - {entry['check']} - {entry['reason']}"}
        for entry in candidate.approvals
    ]
    with _ledger(settings) as ledger:
        held = [
            {
                "code": "held",
                "source": landing.source,
                "message": f"{landing.source} {landing.sha256[:12]} is held, not in the numbers: {landing.reason}",
            }
            for landing in ledger.landings("held")
        ]
    return [*failed, *held]


def _unshown_release(settings: Settings, candidate: Candidate, previous: str | None) -> Path | None:
    """The complete release of this very candidate that a killed run did not come to show."""
    shown = {move.release_id for move in events(settings)}
    for folder in sorted(release_folders(settings), reverse=True):
        if folder.name in shown:
            continue
        try:
            manifest = read_manifest(folder)
        except CommunityMetricsError:
            continue
        if manifest.get("fingerprint") == candidate.fingerprint and manifest.get("previous_release_id") == previous:
            return folder
    return None


def _close_books(settings: Settings, manifest: dict[str, Any]) -> None:
    """Tell the ledger and the warehouse what is published; each step may be repeated, and the last one ends the publication."""
    from community_metrics.warehouse.build import mark_published

    release_id = manifest["release_id"]
    with _ledger(settings) as ledger:
        ledger.record_publication(release_id, [(entry["landing_id"], entry["revision"]) for entry in manifest["inputs"]])
    mark_published(settings, release_id)
    record_event(settings, Event(utc_now(), "published", release_id, manifest["previous_release_id"], manifest["fingerprint"]))


def _expire(settings: Settings) -> None:
    """The release is shown by now: what cannot be removed is no reason to say that publishing failed."""
    try:
        expire_releases(settings)
    except (CommunityMetricsError, OSError) as error:
        log.warning("old releases are kept: %s", error)


def _ledger(settings: Settings) -> Ledger:
    from community_metrics.landing.ledger import Ledger

    return Ledger(settings.ledger_path)


def _build_site(settings: Settings, folder: Path, manifest: dict[str, Any]) -> None:
    from community_metrics.dashboard.operations import read_operations
    from community_metrics.dashboard.site import Beside, build_site
    from community_metrics.releases.validation_page import read_validations
    from community_metrics.warehouse.project_docs import project_docs

    told = read_told(settings, folder / RESTATEMENTS_NAME, manifest)
    beside = Beside(project_docs(), told, read_operations(settings), read_validations(settings, manifest))
    build_site(settings, folder / DATABASE_NAME, manifest, folder / SITE_NAME, beside=beside)


def _bring_to_disk(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir():
            sync_directory(path)
        else:
            sync_file(path)
    sync_directory(folder)


def _report(settings: Settings, manifest: dict[str, Any], is_new: bool) -> PublishReport:
    return PublishReport(
        release_id=manifest["release_id"],
        path=settings.releases / manifest["release_id"],
        previous_release_id=manifest["previous_release_id"],
        data_through=manifest["data_through"],
        marts=tuple(MartDigest(mart["name"], mart["rows"], mart["digest"]) for mart in manifest["marts"]),
        warnings=tuple(warning["message"] for warning in manifest["warnings"]),
        is_new=is_new,
    )
