"""Are the objects of the landing what was received? Nothing else can be made without them, so that only a backup helps, or the sender."""

from __future__ import annotations

from collections.abc import Iterable

from community_metrics.landing.ledger import Ledger
from community_metrics.landing.store import is_erased, object_path, sum_of
from community_metrics.settings import Settings


def damaged_objects(settings: Settings, ledger: Ledger, sums: Iterable[str] | None = None) -> list[str]:
    """Of the landed files with these sums (None: of all) those that are gone or hold other bytes than were received, or than an erasure
    has left of them. Every byte is read."""
    rewritten = ledger.stored_sums()
    wanted = {landing.sha256 for landing in ledger.landings()} if sums is None else set(sums)
    return [sha256 for sha256 in sorted(wanted) if not _is_sound(settings, sha256, rewritten)]


def _is_sound(settings: Settings, sha256: str, rewritten: dict[str, str]) -> bool:
    path = object_path(settings, sha256)
    try:
        return sum_of(path) == (rewritten.get(sha256) if is_erased(path) else sha256)
    except OSError:
        return False
