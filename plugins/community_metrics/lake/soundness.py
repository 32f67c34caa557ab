"""Are the files of the lake what was once written? What is not is read anew from the landing.

Of every file the ledger keeps size, time and sum. A look at size and time costs some microseconds a file; only where they differ (and
after a build that failed) the sum is computed again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from community_metrics.errors import CommunityMetricsError
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import LakeSum
from community_metrics.landing.store import object_path
from community_metrics.settings import Settings

log = logging.getLogger(__name__)

_NEVER = 0


def lake_sums(settings: Settings, paths: Iterable[Path]) -> list[LakeSum]:
    """Size, time and sum of files just written, of those that belong to the lake."""
    found = []
    for path in paths:
        if path.is_relative_to(settings.lake):
            seen = path.stat()
            found.append(LakeSum(path.relative_to(settings.home).as_posix(), seen.st_size, seen.st_mtime_ns, _sha256(path)))
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
        is_sound = seen.st_size == known.size and _sha256(settings.home / path) == known.sha256
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

    Raises `CommunityMetricsError`, and nothing has changed, where the landed bytes are gone as well.
    """
    damaged = damaged_files(settings, ledger, sources)
    if not damaged:
        return
    landings = ledger.landings_in(damaged)
    gone = [object_path(settings, landing.sha256) for landing in landings if not object_path(settings, landing.sha256).exists()]
    if gone:
        raise CommunityMetricsError(
            f"{damaged[0]} is damaged, and the landed bytes that it was made of are gone", str(gone[0]), "restore the home from a backup"
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


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
