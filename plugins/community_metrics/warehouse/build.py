"""Bringing the candidate up to date: which dates to rebuild, or everything, and one dbt build.

The tables after a build depend only on what has landed and on the definitions, never on which builds ran before.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from community_metrics.lake.soundness import require_sound
from community_metrics.landing.ledger import Ledger
from community_metrics.settings import Settings
from community_metrics.warehouse.control import (
    clear_touched,
    open_warehouse,
    prepare,
    read_state,
    settle_news,
    sources_with_news,
    write_refreshed_models,
    write_state,
)
from community_metrics.warehouse.dbt import PROJECT, NodeResult, OutOfMemoryError, read_graph, run_dbt
from community_metrics.warehouse.definitions import assemble_seeds, code_fingerprint, definitions_fingerprint, seed_fingerprints
from community_metrics.warehouse.refresh import models_to_refresh

log = logging.getLogger(__name__)

_SEED = "seed "
# Accounting identities (singular tests) are asked by the gate, which says what a broken one means: not twice a day.
_BUILD = ("build", "--exclude-resource-type", "unit_test", "--exclude", "test_type:singular", "--no-write-json")
# Views between staging and tables say the same in every build of one code: what a day is about stands in tables that they read.
STATIC_VIEWS = "path:models/intermediate,config.materialized:view"


@dataclass(frozen=True)
class BuildReport:
    """One build: the fingerprint of what it was made of, how many steps it took, and why it was full if it was.

    `changed_definitions` are the definition files that it took up anew without being full, `refreshed_models` those that it
    therefore made whole; every other one was brought up to date by its touched dates.
    """

    fingerprint: str
    models: int
    seconds: float
    full_refresh: bool
    reason: str
    changed_definitions: tuple[str, ...] = ()
    refreshed_models: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def candidate_fingerprint(settings: Settings) -> str:
    """sha256 of everything that the marts are a function of: what has landed, the definitions, zone and week start."""
    with Ledger(settings.ledger_path) as ledger:
        return _fingerprint(_landed_fingerprint(ledger), definitions_fingerprint(settings))


def build_warehouse(settings: Settings, full_refresh: bool = False, on_result: Callable[[NodeResult], None] | None = None) -> BuildReport:
    """Build the candidate into the working warehouse. Raises `DbtError` naming what failed.

    Everything is rebuilt when asked for, when the warehouse is new, when a full build was interrupted, or when the models,
    the time zone or the week start have changed. A changed definition rebuilds what descends from it; all else is brought up
    to date by its touched dates.
    """
    started = time.monotonic()
    seeds = assemble_seeds(settings, settings.warehouse / "definitions")
    definitions, code, of_seeds = definitions_fingerprint(settings), code_fingerprint(settings), seed_fingerprints(settings)
    erased = _forget_erased(settings)
    with open_warehouse(settings) as connection, Ledger(settings.ledger_path) as ledger:
        require_sound(settings, ledger)
        state = read_state(connection)
        fingerprint, landed = _prepare_unchanged(settings, ledger, connection, definitions)
        reason = _reason_for_full_build(state, code, full_refresh)
        news = sources_with_news(connection)
        changed = () if reason else tuple(seed for seed, of in of_seeds.items() if state.get(_SEED + seed) != of)
        # Marked before it starts, and again only when all is done: a build that is killed half-way must not be continued as if
        # it had not begun, even if somebody takes the change back meanwhile.
        forgotten: dict[str, None] = dict.fromkeys(_SEED + seed for seed in changed)
        write_state(connection, fingerprint=None, landed=None, full_build_pending="true" if reason else None, **forgotten)
    refreshed = _refresh(settings, seeds, changed)
    arguments = [*_BUILD, *(["--full-refresh"] if reason else [])]
    if changed and state.get("landed") == landed:
        # Nothing else is new: what does not descend from the definition is what it would become.
        arguments += ["--select", *(f"{seed}+" for seed in changed), *refreshed]
    elif not reason and not changed and "fingerprint" in state and state.get("lake") == str(settings.lake):
        arguments += ["--exclude", STATIC_VIEWS, "--select", *_descend_from(news)]
    results = _run_dbt(settings, seeds, arguments, on_result, bool(reason or changed))
    with open_warehouse(settings) as connection:
        known = {_SEED + seed: of for seed, of in of_seeds.items()}
        settle_news(connection)
        # With the place of the lake: the views of staging hold it, and are made anew in a home that was moved.
        write_state(
            connection,
            fingerprint=fingerprint,
            landed=landed,
            code=code,
            lake=str(settings.lake),
            erased=erased,
            full_build_pending=None,
            **known,
        )
    seconds = round(time.monotonic() - started, 3)
    return BuildReport(fingerprint, len(results), seconds, bool(reason), reason, changed, tuple(refreshed))


def _run_dbt(
    settings: Settings, seeds: Path, arguments: Sequence[str], on_result: Callable[[NodeResult], None] | None, makes_whole_tables: bool
) -> list[NodeResult]:
    """With the memory of a day; where that is not enough, with that of a whole history: what was recorded to be rebuilt still is."""
    try:
        return run_dbt(settings, seeds, arguments, on_result, makes_whole_tables)
    except OutOfMemoryError as error:
        if makes_whole_tables:
            raise
        log.warning(
            "build: %s was not enough and is taken as %s once - COMMUNITY_METRICS_DAILY_MEMORY_LIMIT spares the second try - %s",
            settings.daily_memory_limit,
            settings.memory_limit,
            error.what,
        )
        # dbt has written what it ran over the definitions it loaded: their path is absolute.
        return run_dbt(settings, assemble_seeds(settings, seeds), arguments, on_result, True)


def _forget_erased(settings: Settings) -> str:
    """Remove the file if people stand in it who have been erased since: DuckDB keeps what is deleted until it is written over. Returns
    whom the next one is without."""
    with Ledger(settings.ledger_path) as ledger:
        erased = ledger.erased_fingerprint()
    if settings.warehouse_path.exists():
        with open_warehouse(settings) as connection:
            is_without = read_state(connection).get("erased", "") == erased
        if not is_without:
            for path in settings.warehouse.glob(f"{settings.warehouse_path.name}*"):
                path.unlink()
    return erased


def _descend_from(sources: Sequence[str]) -> list[str]:
    """What a build has to look at after one that came to its end, as dbt is told, when files of some sources came or went.

    A table is a function of what it descends from: files, which only staging reads, source by source, and the control
    tables, which say how far all is known. What descends from none of these is what it was.
    """
    staging = PROJECT / "models" / "staging"
    return ["source:control+", *(f"path:models/staging/{source}+" for source in sources if (staging / source).is_dir())]


def _refresh(settings: Settings, seeds: Path, changed: Sequence[str]) -> list[str]:
    """The models to be made whole because of changed definitions, as dbt is told."""
    if not changed:
        return []
    refreshed = models_to_refresh(read_graph(settings, seeds), changed)
    with open_warehouse(settings) as connection:
        write_refreshed_models(connection, refreshed)
    return refreshed


def built_fingerprint(settings: Settings) -> str | None:
    """The fingerprint of the candidate in the working warehouse; None when there is none or its build did not finish."""
    if not settings.warehouse_path.exists():
        return None
    with open_warehouse(settings, read_only=True) as connection:
        return read_state(connection).get("fingerprint")


def is_built_by_this_code(settings: Settings) -> bool:
    """Whether the next build can go on from the working warehouse: models, zone and week start are those that it was made with."""
    if not settings.warehouse_path.exists():
        return False
    with open_warehouse(settings, read_only=True) as connection:
        return read_state(connection).get("code") == code_fingerprint(settings)


def mark_published(settings: Settings, release_id: str) -> None:
    """Forget the touched dates: release `release_id` has published them."""
    clear_touched(settings)


def _prepare_unchanged(settings: Settings, ledger: Ledger, connection: DuckDBPyConnection, definitions: str) -> tuple[str, str]:
    """Write the control tables, again if files landed meanwhile, so that the fingerprints (of all, of what landed) are theirs."""
    while True:
        landed = _landed_fingerprint(ledger)
        prepare(settings, ledger, connection)
        if _landed_fingerprint(ledger) == landed:
            return _fingerprint(landed, definitions), landed


def _landed_fingerprint(ledger: Ledger) -> str:
    digest = hashlib.sha256()
    digest.update(ledger.active_fingerprint().encode())
    for count in (*ledger.quarantine_counts(), *ledger.held_counts()):
        digest.update(repr(count).encode())
    return digest.hexdigest()


def _fingerprint(landed: str, definitions: str) -> str:
    return hashlib.sha256(f"{landed}|{definitions}".encode()).hexdigest()


def _reason_for_full_build(state: dict[str, str], code: str, asked: bool) -> str:
    if asked:
        return "asked for"
    if "full_build_pending" in state:
        return "the last full build did not finish"
    if not state:
        return "the warehouse is new"
    if state.get("code") != code:
        return "the models, the time zone or the week start have changed"
    return ""
