"""What a step of the pipeline does about trouble that is not its own: a full disk is told as one, damaged state that can be made anew is.

The warehouse follows from the lake, the lake from the landing, and the tables about runs, as far as they matter, from the releases.
Only what has landed and its ledger cannot be made from anything else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from community_metrics.damage import damage_of, set_aside
from community_metrics.errors import BusyError, NoRoomError, RefusedError, UsageError, says_no_room
from community_metrics.lake.soundness import damaged_files
from community_metrics.landing.ledger import Ledger
from community_metrics.settings import Settings

log = logging.getLogger(__name__)

Report = TypeVar("Report")


def with_repairs(settings: Settings, step: Callable[[], Report]) -> Report:
    """`step()`, and once more if it failed and something that it stands on is found damaged. Call under the writer lock."""
    try:
        with told_when_full(settings):
            return step()
    except (BusyError, NoRoomError, RefusedError, UsageError):
        raise
    except Exception as error:
        if not repair(settings):
            raise
        log.warning("once more, after: %s", error)
    with told_when_full(settings):
        return step()


def repair(settings: Settings) -> bool:
    """Look at every byte of what can be made anew, and see to what is damaged; whether anything is. Call under the writer lock."""
    found = False
    for database in (settings.warehouse_path, settings.ops_path):
        problem = damage_of(database)
        if problem is not None:
            set_aside(database, problem)
            found = True
    with Ledger(settings.ledger_path) as ledger:
        # Noted by this, and read anew by the next ingest.
        return bool(damaged_files(settings, ledger, is_thorough=True)) or found


@contextmanager
def told_when_full(settings: Settings) -> Iterator[None]:
    """However the engines put it, a disk that takes no more is told as that. Raises `NoRoomError`."""
    try:
        yield
    except NoRoomError:
        raise
    except Exception as error:
        if not says_no_room(error):
            raise
        raise NoRoomError(
            f"the disk is full: {' '.join(str(error).split())[:300]}",
            str(settings.home),
            "make room, then `community-metrics run`, which takes up where this stopped; readers keep the last release",
        ) from error
