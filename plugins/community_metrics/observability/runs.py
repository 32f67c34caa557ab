"""`ops.pipeline_runs` and `ops.model_runs`: what ran when, how long it took, what it looked at, and how it ended.

A run writes each step into a journal of its own, a file beside `ops.duckdb` that it keeps locked; the kernel unlocks it when the
process ends, however it ends. The tables are brought up to the journals when a run begins and when it ends: a step that has begun in a
journal that nobody holds was interrupted. So a `kill -9` leaves a row, and a database that somebody else keeps open delays the entry and
nothing else: no step fails, or waits for long, because its record cannot be written.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from community_metrics.errors import BusyError, CommunityMetricsError, RefusedError
from community_metrics.locks import is_abandoned, own_file
from community_metrics.observability.masking import masked
from community_metrics.ops import open_ops
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

log = logging.getLogger(__name__)

Status = Literal["running", "succeeded", "nothing_new", "refused", "failed", "interrupted"]

# The record of a run may wait for a database that others hold for milliseconds, and not for one that somebody looks at.
_WAIT_SECONDS = 1.0
# A year and its comparison; an hourly look that finds nothing is worth a week; the models of a build a season.
_KEPT = timedelta(days=400)
_IDLE_KEPT = timedelta(days=7)
_MODELS_KEPT = timedelta(days=100)
_ERROR_CHARACTERS = 1_000
_JOURNALS = ".runs"


@dataclass
class Step:
    """One step of a run; one row of `ops.pipeline_runs`. Instants are ISO texts in UTC, `peak_memory_bytes` that of the process so far."""

    run_id: str
    triggered_by: str
    step: str
    started_at: str
    status: Status = "running"
    finished_at: str | None = None
    seconds: float | None = None
    files: int | None = None
    rows_in: int | None = None
    rows_accepted: int | None = None
    rows_quarantined: int | None = None
    models: int | None = None
    checks: int | None = None
    checks_failed: int | None = None
    release_id: str | None = None
    peak_memory_bytes: int | None = None
    error: str | None = None


@dataclass(frozen=True)
class ModelRun:
    """One model or seed of a build, as dbt timed it; one row of `ops.model_runs`."""

    run_id: str
    started_at: str
    model: str
    status: str
    seconds: float


_STEP_COLUMNS = {
    **dict.fromkeys(("run_id", "triggered_by", "step", "status", "release_id", "error"), "varchar"),
    **dict.fromkeys(("started_at", "finished_at"), "timestamp"),
    "seconds": "double",
}
_COLUMNS = {entry.name: _STEP_COLUMNS.get(entry.name, "bigint") for entry in fields(Step)}
_MODEL_COLUMNS = {"run_id": "varchar", "started_at": "timestamp", "model": "varchar", "status": "varchar", "seconds": "double"}


@dataclass
class _Journal:
    """The run of this process: one at a time, whichever thread asks. `step` is the innermost one that runs."""

    run_id: str
    triggered_by: str
    path: Path
    descriptor: int
    steps: list[Step] = field(default_factory=list)


# Of the process, not of a context: dbt tells of its models in threads of its own.
_trigger: list[tuple[str, str]] = []
_journal: list[_Journal] = []


@contextmanager
def triggered_by(trigger: str, run_id: str | None = None) -> Iterator[None]:
    """Who starts what is within, all of it one run: a command, or the run of a DAG, all tasks of which give the same `run_id`."""
    _trigger.append((trigger, run_id or _new_run_id()))
    try:
        yield
    finally:
        _trigger.pop()


def current_step() -> Step | None:
    """The step that runs in this process now."""
    return _journal[-1].steps[-1] if _journal and _journal[-1].steps else None


def current_run_id() -> str | None:
    """Of the run that works in this process, or that a DAG's task belongs to."""
    if _journal:
        return _journal[-1].run_id
    return _trigger[-1][1] if _trigger else None


@contextmanager
def recorded(settings: Settings, name: str) -> Iterator[Step]:
    """Record the step within, and whatever it enters into the `Step`; a step within a step belongs to the same run.

    An error of the project is entered as it is said; of any other only its kind, because its words may hold what a file holds.
    """
    if _journal:
        with _recorded(_journal[-1], name) as step:
            yield step
        return
    trigger, run_id = _trigger[-1] if _trigger else ("python", _new_run_id())
    with _opened(settings, run_id, trigger) as journal:
        _journal.append(journal)
        try:
            with _recorded(journal, name, lambda: enter(settings, journal.path)) as step:
                yield step
        finally:
            _journal.pop()
            enter(settings, journal.path)


@contextmanager
def _opened(settings: Settings, run_id: str, trigger: str) -> Iterator[_Journal]:
    # A name of its own for every process: two tasks of one DAG run are the same run.
    path = settings.warehouse / _JOURNALS / f"{time.time_ns()}-{os.getpid()}.jsonl"
    try:
        file = own_file(path)
        descriptor = file.__enter__()
    except OSError as error:
        log.warning("this run is not recorded: %s", error)
        yield _Journal(run_id, trigger, path, -1)
        return
    try:
        yield _Journal(run_id, trigger, path, descriptor)
    finally:
        file.__exit__(None, None, None)


@contextmanager
def _recorded(journal: _Journal, name: str, when_begun: Callable[[], None] | None = None) -> Iterator[Step]:
    step = Step(journal.run_id, journal.triggered_by, name, _now())
    began = time.monotonic()
    journal.steps.append(step)
    _append(journal, step)
    if when_begun:
        when_begun()
    try:
        yield step
    except BaseException as error:
        step.status = _status_of(error)
        step.error = masked(str(error) if isinstance(error, CommunityMetricsError) else type(error).__name__)[:_ERROR_CHARACTERS]
        raise
    finally:
        if step.status == "running":
            step.status = "succeeded"
        step.finished_at, step.seconds = _now(), round(time.monotonic() - began, 3)
        # Kilobytes on Linux; of this process alone, whose threads do the work.
        step.peak_memory_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        _append(journal, step)
        _say(step)
        journal.steps.pop()


def _say(step: Step) -> None:
    """One line a step; of an error that nobody foresaw, with its trace."""
    told = sys.exc_info() if step.status == "failed" else None
    said = {"status": step.status, "seconds": step.seconds, "rows": step.rows_in}
    log.info("%s: %s in %.1f s%s", step.step, step.status, step.seconds, f": {step.error}" if step.error else "", extra=said, exc_info=told)


def add_model(model: str, status: str, seconds: float) -> None:
    """Record one model or seed that the build within the present step has made."""
    step = current_step()
    if step is not None:
        _append(_journal[-1], ModelRun(step.run_id, step.started_at, model, status, round(seconds, 3)))


def _status_of(error: BaseException) -> Status:
    if isinstance(error, RefusedError):
        return "refused"
    return "failed" if isinstance(error, Exception) else "interrupted"


def _append(journal: _Journal, entry: Step | ModelRun) -> None:
    if journal.descriptor >= 0:
        with suppress(OSError):  # a full disk: whatever it keeps from its work says so itself
            os.write(journal.descriptor, json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n")


def enter(settings: Settings, own: Path | None = None) -> None:
    """Bring the tables up to the journals: this process's `own`, which stays while it is held, and those that were left behind."""
    import duckdb

    try:
        if _journals(settings):
            with entered(settings, own):
                pass
    except (BusyError, OSError, duckdb.Error) as error:
        log.warning("runs are entered later: %s", error)


@contextmanager
def entered(settings: Settings, own: Path | None = None) -> Iterator[DuckDBPyConnection]:
    """The open `ops.duckdb` with all that the journals tell. Raises `BusyError` if somebody keeps it open."""
    own = own or (_journal[-1].path if _journal else None)
    with open_ops(settings, _WAIT_SECONDS) as connection:
        for table, columns in (("pipeline_runs", _COLUMNS), ("model_runs", _MODEL_COLUMNS)):
            declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.execute(f"create table if not exists ops.{table} ({declared})")
        at_work: list[Step] = []
        for path in _journals(settings):
            is_over = not _journal if path == own else is_abandoned(path)
            at_work += [step for step in _enter(connection, path, is_over) if step.status == "running"]
            if is_over:
                path.unlink(missing_ok=True)
        # A home that was saved at work and restored elsewhere, or whose journals were removed, has nobody who would end them.
        keys = [f"{step.run_id} {step.step} {step.started_at}" for step in at_work]
        connection.execute(
            "update ops.pipeline_runs set status = 'interrupted' where status = 'running'"
            " and not list_contains($1, run_id || ' ' || step || ' ' || strftime(started_at, '%Y-%m-%dT%H:%M:%S.%f'))",
            [keys],
        )
        yield connection


def _journals(settings: Settings) -> list[Path]:
    return sorted((settings.warehouse / _JOURNALS).glob("*.jsonl"))


def _enter(connection: DuckDBPyConnection, path: Path, is_over: bool) -> list[Step]:
    """All that a journal tells, in one transaction, instead of what it told before."""
    steps, models = _read(path)
    for step in steps.values():
        if is_over and step.status == "running":
            step.status = "interrupted"
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute("begin")
    try:
        connection.execute("delete from ops.pipeline_runs where started_at < ?", [now - _KEPT])
        connection.execute("delete from ops.pipeline_runs where status = 'nothing_new' and started_at < ?", [now - _IDLE_KEPT])
        connection.execute("delete from ops.model_runs where started_at < ?", [now - _MODELS_KEPT])
        _replace(connection, "pipeline_runs", _COLUMNS, list(steps.values()), "run_id, step, started_at")
        _replace(connection, "model_runs", _MODEL_COLUMNS, models, "run_id, model, started_at")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return list(steps.values())


def _replace(connection: DuckDBPyConnection, table: str, columns: dict[str, str], entries: list[Any], key: str) -> None:
    # One list a column: row by row, a hundred models would take longer than some of them.
    lists = ", ".join(f"unnest(cast(${number} as {kind}[])) as {name}" for number, (name, kind) in enumerate(columns.items(), start=1))
    values = [[getattr(entry, name) for entry in entries] for name in columns]
    connection.execute(f"create or replace temporary table given as select {lists}", values)
    connection.execute(f"delete from ops.{table} where ({key}) in (select ({key}) from given)")
    connection.execute(f"insert into ops.{table} select * from given")


def _read(path: Path) -> tuple[dict[tuple[str, str], Step], list[ModelRun]]:
    steps: dict[tuple[str, str], Step] = {}
    models = []
    for line in path.read_bytes().splitlines():
        with suppress(ValueError, TypeError):  # the unfinished line of a killed process
            entry = json.loads(line)
            if "model" in entry:
                models.append(ModelRun(**entry))
            else:
                step = Step(**entry)
                steps[step.step, step.started_at] = step
    return steps, models


def _new_run_id() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
