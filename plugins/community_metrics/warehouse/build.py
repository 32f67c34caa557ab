"""Bringing the candidate up to date: which dates to rebuild, or everything, and one dbt build.

The tables after a build depend only on what has landed and on the definitions, never on which builds ran before.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from community_metrics.landing.ledger import Ledger
from community_metrics.settings import Settings
from community_metrics.warehouse.control import clear_touched, open_warehouse, prepare, read_state, write_state
from community_metrics.warehouse.dbt import NodeResult, run_dbt
from community_metrics.warehouse.definitions import assemble_seeds, definitions_fingerprint


@dataclass(frozen=True)
class BuildReport:
    """One build: the fingerprint of what it was made of, how many steps it took, and why it was full if it was."""

    fingerprint: str
    models: int
    seconds: float
    full_refresh: bool
    reason: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def candidate_fingerprint(settings: Settings) -> str:
    """sha256 of everything that the marts are a function of: what has landed, the definitions, zone and week start."""
    with Ledger(settings.ledger_path) as ledger:
        return _fingerprint(ledger, definitions_fingerprint(settings))


def build_warehouse(settings: Settings, full_refresh: bool = False, on_result: Callable[[NodeResult], None] | None = None) -> BuildReport:
    """Build the candidate into the working warehouse. Raises `DbtError` naming what failed.

    Everything is rebuilt when asked for, when the warehouse is new, when a full build was interrupted, or when the
    definitions, the time zone or the week start have changed; otherwise the touched dates only.
    """
    started = time.monotonic()
    seeds = assemble_seeds(settings, settings.warehouse / "definitions")
    definitions = definitions_fingerprint(settings)
    with open_warehouse(settings) as connection, Ledger(settings.ledger_path) as ledger:
        state = read_state(connection)
        fingerprint = _prepare_unchanged(settings, ledger, connection, definitions)
        reason = _reason_for_full_build(state, definitions, full_refresh)
        # Marked before it starts: a full build that is killed half-way must not be continued as an incremental one.
        write_state(connection, fingerprint=None, full_build_pending="true" if reason else None)
    arguments = ["build", "--exclude-resource-type", "unit_test", "--no-write-json"]
    results = run_dbt(settings, seeds, [*arguments, *(["--full-refresh"] if reason else [])], on_result)
    with open_warehouse(settings) as connection:
        write_state(connection, fingerprint=fingerprint, definitions=definitions, full_build_pending=None)
    return BuildReport(fingerprint, len(results), round(time.monotonic() - started, 3), bool(reason), reason)


def built_fingerprint(settings: Settings) -> str | None:
    """The fingerprint of the candidate in the working warehouse; None when there is none or its build did not finish."""
    if not settings.warehouse_path.exists():
        return None
    with open_warehouse(settings, read_only=True) as connection:
        return read_state(connection).get("fingerprint")


def mark_published(settings: Settings, release_id: str) -> None:
    """Forget the touched dates: release `release_id` has published them."""
    clear_touched(settings)


def _prepare_unchanged(settings: Settings, ledger: Ledger, connection: DuckDBPyConnection, definitions: str) -> str:
    """Write the control tables, again if files landed meanwhile, so that the fingerprint is that of what they say."""
    while True:
        fingerprint = _fingerprint(ledger, definitions)
        prepare(settings, ledger, connection)
        if _fingerprint(ledger, definitions) == fingerprint:
            return fingerprint


def _fingerprint(ledger: Ledger, definitions: str) -> str:
    digest = hashlib.sha256()
    digest.update(ledger.active_fingerprint().encode())
    for count in (*ledger.quarantine_counts(), *ledger.held_counts()):
        digest.update(repr(count).encode())
    digest.update(definitions.encode())
    return digest.hexdigest()


def _reason_for_full_build(state: dict[str, str], definitions: str, asked: bool) -> str:
    if asked:
        return "asked for"
    if "definitions" not in state and "full_build_pending" not in state:
        return "the warehouse is new"
    if "full_build_pending" in state:
        return "the last full build did not finish"
    if state["definitions"] != definitions:
        return "the definitions, the models, the time zone or the week start have changed"
    return ""
