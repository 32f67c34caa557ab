"""Are the files of the lake what was once written? What is not is read anew from the landing.

Of every file the ledger keeps size, time and sum. A look at size and time costs some microseconds a file; only where they differ (and
after a build that failed) the sum is computed again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from community_metrics.errors import CommunityMetricsError
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import LakeSum
from community_metrics.landing.soundness import damaged_objects
from community_metrics.landing.store import object_path, sum_of
from community_metrics.locks import ingest_lock
from community_metrics.settings import Settings

log = logging.getLogger(__name__)

_NEVER = 0


@dataclass(frozen=True)
class LookedOver:
    """How many files were read, byte for byte, and which are not what they were: of the lake by their paths in the home, of the landing
    by the sha256 of what was received."""

    files: int
    lake: tuple[str, ...]
    landed: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return not self.lake and not self.landed

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "is_sound": self.is_sound}


def look_over(settings: Settings) -> LookedOver:
    """Read every byte of landing and lake and compare it with the ledger: what size and time do not tell. What is found of the lake is
    noted, so that the next ingest reads it anew. Nothing is ingested meanwhile; raises `BusyError` while another process does."""
    with ingest_lock(settings, "verify"), Ledger(settings.ledger_path) as ledger:
        landed = {landing.sha256 for landing in ledger.landings()}
        return LookedOver(
            len(landed) + len(ledger.lake_files_in_use()),
            tuple(damaged_files(settings, ledger, is_thorough=True)),
            tuple(damaged_objects(settings, ledger, landed)),
        )


def lake_sums(settings: Settings, paths: Iterable[Path]) -> list[LakeSum]:
    """Size, time and sum of files just written, of those that belong to the lake."""
    found = []
    for path in paths:
        if path.is_relative_to(settings.lake):
            seen = path.stat()
            found.append(LakeSum(path.relative_to(settings.home).as_posix(), seen.st_size, seen.st_mtime_ns, sum_of(path)))
    return found


def damaged_files(settings: Settings, ledger: Ledger, sources: Sequence[str] | None = None, is_thorough: bool = False) -> list[str]:
    """The files in use, by their paths in the home, that are missing or hold other bytes than were written.

    `is_thorough`: also where size and time are as they were; what is found then is noted, so that every later look finds it. Files of
    a version that kept no sums are only looked for.
    """
    damaged: list[str] = []
    news: list[LakeSum] = []
    for path, known in ledger.lake_files_in_use(sources):
        try:
            seen = (settings.home / path).stat()
        except FileNotFoundError:
            damaged.append(path)
            continue
        if known is None or ((seen.st_size, seen.st_mtime_ns) == (known.size, known.modified_ns) and not is_thorough):
            continue
        is_sound = seen.st_size == known.size and sum_of(settings.home / path) == known.sha256
        if not is_sound:
            damaged.append(path)
        # A home that was copied or restored has other times, and keeps them from now on.
        noted = LakeSum(path, known.size, seen.st_mtime_ns if is_sound else _NEVER, known.sha256)
        if noted != known:
            news.append(noted)
    if news:
        ledger.record_sums(news)
    return damaged


def take_damaged_again(settings: Settings, ledger: Ledger, sources: Sequence[str] | None) -> None:
    """Landings of which a lake file is damaged wait again, and that file goes.

    Raises `CommunityMetricsError`, and nothing has changed, where the landed bytes are gone or damaged as well.
    """
    damaged = damaged_files(settings, ledger, sources)
    if not damaged:
        return
    landings = ledger.landings_in(damaged)
    lost = damaged_objects(settings, ledger, {landing.sha256 for landing in landings})
    if lost:
        raise CommunityMetricsError(
            f"{damaged[0]} is damaged, and so are the landed bytes that it was made of, or they are gone",
            str(object_path(settings, lost[0])),
            "land the same file again, or restore the home from a backup",
        )
    log.warning(
        "%d files of the lake are not as they were written (%s first): %d landed files are read anew",
        len(damaged),
        damaged[0],
        len(landings),
    )
    ledger.await_retry(landing.landing_id for landing in landings)
    for path in damaged:
        # Nobody may compare anything with it, as the causes of restatements do with earlier revisions.
        (settings.home / path).unlink(missing_ok=True)


def require_sound(settings: Settings, ledger: Ledger) -> None:
    """Raise `CommunityMetricsError` rather than build from files that are not what was written."""
    damaged = damaged_files(settings, ledger)
    if damaged:
        raise CommunityMetricsError(
            f"{len(damaged)} files of the lake are damaged or missing",
            str(settings.home / damaged[0]),
            "run `community-metrics ingest`, which reads them anew from the landing, then again",
        )
