"""Which releases are kept, and which go: never the current one, a pinned one, or one that is being read.

A release goes when it is neither among the newest `keep_releases` nor younger than `keep_days`, or when somebody has been erased from
a file that it was made of; and nobody has seen it as the current one for `grace_hours`, nobody holds it (`leases`), it is not pinned,
and the restatement ledger has all that it tells. Its folder is renamed first and then removed, so that a crash leaves a hidden leftover
(which `recover` clears away) and never half a release; a reader who has a file open keeps it until they close it.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.files import render_json, sync_directory, write_atomically
from community_metrics.releases.history import Event, events, release_folders, utc_now
from community_metrics.releases.leases import forget_lease, reader_of, unleased
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.pointer import current_release_id, release_path
from community_metrics.settings import Retention, Settings

log = logging.getLogger(__name__)

EXPIRED_PREFIX = ".expired-"


@dataclass(frozen=True)
class Expiry:
    """What became of one release that is beyond the retention: `kept` says why it is still there, None for one that went.
    `holds_erased`: it was made before somebody was erased from its files."""

    release_id: str
    kept: str | None
    holds_erased: bool = False

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def pins(settings: Settings) -> dict[str, str]:
    """Pinned releases and why. Raises `CommunityMetricsError` when the list cannot be read: then nothing may be removed."""
    path = _pins_path(settings)
    try:
        content = json.loads(path.read_bytes()) if path.exists() else {}
        return {str(release_id): str(pin["reason"]) for release_id, pin in content.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommunityMetricsError(
            f"the list of pins cannot be read: {error}", str(path), "mend it, or remove it and pin again"
        ) from error


def pin(settings: Settings, release_id: str, reason: str) -> None:
    """Keep a release until it is unpinned. Call under the writer lock."""
    release_path(settings, release_id)
    _write_pins(settings, {**_read_pins(settings), release_id: {"at": utc_now(), "reason": reason}})


def unpin(settings: Settings, release_id: str) -> None:
    """Leave a release to the retention again. Call under the writer lock."""
    known = _read_pins(settings)
    if release_id not in known:
        raise CommunityMetricsError(
            f"{release_id} is not pinned", str(_pins_path(settings)), "`community-metrics releases list` shows pins"
        )
    _write_pins(settings, {name: entry for name, entry in known.items() if name != release_id})


def expire_releases(settings: Settings, is_rehearsal: bool = False) -> list[Expiry]:
    """Remove the releases that are beyond the retention, oldest first; a rehearsal only says which. Call under the writer lock and with
    the ledger closed. Raises `CommunityMetricsError` when it is not known which are pinned."""
    now = datetime.now(UTC)
    shown = current_release_id(settings)
    if shown is None:
        return []
    pinned, moves = pins(settings), events(settings)
    outcomes = []
    folders = sorted(release_folders(settings), key=lambda folder: folder.name)
    beyond, holding = _beyond(folders, settings.retention, now), releases_with_erased(settings)
    for folder in [folder for folder in folders if folder in beyond or folder.name in holding]:
        kept = _reason_to_keep(settings, folder, shown, pinned, moves, now)
        if kept is None and not is_rehearsal:
            kept = _remove(settings, folder)
        outcomes.append(Expiry(folder.name, kept, folder.name in holding))
    return outcomes


def releases_with_erased(settings: Settings) -> frozenset[str]:
    """The releases that were made of files from which somebody has been erased since. A damaged manifest is looked at by `verify`."""
    from community_metrics.landing.ledger import Ledger

    with Ledger(settings.ledger_path) as ledger:
        erased = ledger.erased_revisions()
    found = set()
    for folder in release_folders(settings) if erased else ():
        try:
            inputs = read_manifest(folder)["inputs"]
        except (CommunityMetricsError, KeyError):
            continue
        if any(entry["revision"] <= erased.get(entry["landing_id"], 0) for entry in inputs):
            found.add(folder.name)
    return frozenset(found)


def remove_expired_leftovers(settings: Settings) -> None:
    """Finish removing what a killed run had begun to remove. Call under the writer lock."""
    if settings.releases.is_dir():
        for leftover in settings.releases.glob(f"{EXPIRED_PREFIX}*"):
            shutil.rmtree(leftover, ignore_errors=True)


def made_at(release_id: str) -> datetime:
    """When a release was made, as its id says: also of one whose manifest is damaged."""
    return datetime.strptime(release_id.split("-", 1)[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _beyond(folders: Sequence[Path], retention: Retention, now: datetime) -> list[Path]:
    """Those that are neither young nor among the newest. A folder that is not named as releases are is left alone."""
    beyond = []
    for folder in folders[: -retention.keep_releases]:
        try:
            if now - made_at(folder.name) > timedelta(days=retention.keep_days):
                beyond.append(folder)
        except ValueError:
            continue
    return beyond


def _reason_to_keep(
    settings: Settings, folder: Path, current: str, pinned: Mapping[str, str], moves: Sequence[Event], now: datetime
) -> str | None:
    if folder.name == current:
        return "readers see it"
    if folder.name in pinned:
        return f"pinned: {pinned[folder.name]}"
    left = [move.at for move in moves if move.previous_release_id == folder.name]
    grace = timedelta(hours=settings.retention.grace_hours)
    if left and now - datetime.strptime(left[-1], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC) < grace:
        return f"readers saw it until {left[-1]}"
    return reader_of(folder)


def _remove(settings: Settings, folder: Path) -> str | None:
    """Remove one release; the reason if that could not be."""
    doomed = folder.with_name(f"{EXPIRED_PREFIX}{folder.name}")
    try:
        with unleased(settings, folder.name) as is_free:
            if not is_free:
                return "somebody holds a lease of it"
            folder.rename(doomed)
            sync_directory(settings.releases)
        forget_lease(settings, folder.name)
        shutil.rmtree(doomed)
    except OSError as error:
        log.warning("release %s could not be removed: %s", folder.name, error)
        return f"could not be removed: {error}"
    log.info("removed release %s", folder.name)
    return None


def _pins_path(settings: Settings) -> Path:
    return settings.releases / "pins.json"


def _read_pins(settings: Settings) -> dict[str, Any]:
    pins(settings)
    path = _pins_path(settings)
    return json.loads(path.read_bytes()) if path.exists() else {}


def _write_pins(settings: Settings, content: Mapping[str, Any]) -> None:
    write_atomically(_pins_path(settings), render_json(content))
