"""What the page of operations tells: the last runs, the slowest models, the checks over time, and the size of the home."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from community_metrics.errors import BusyError
from community_metrics.observability.runs import entered
from community_metrics.observability.sizes import measure_home, record_sizes
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

log = logging.getLogger(__name__)

PAGE = "operations"
STEPS = ("ingest", "build", "audit", "publish")
# A month of daily runs in the chart; the table goes further back.
RUNS_SHOWN = 100
RUNS_DRAWN = 30
MODELS_SHOWN = 15
AUDITS_DRAWN = 60
_BUILDS_COMPARED = 20
# Of several steps, the status that says most about the whole.
_TELLING = ("running", "interrupted", "failed", "refused", "succeeded", "nothing_new")

_STEPS = """
select run_id, triggered_by, step, started_at, status, seconds, files, rows_accepted, rows_quarantined, checks_failed, release_id,
    peak_memory_bytes
from ops.pipeline_runs
where run_id in (
    select run_id from ops.pipeline_runs where status <> 'nothing_new' group by run_id order by max(started_at) desc limit ?
)
order by started_at
"""
_MODELS = """
with builds as (
    select run_id, started_at, row_number() over (order by started_at desc) as number
    from (select distinct run_id, started_at from ops.model_runs)
)
select models.model, max(models.seconds) filter (where builds.number = 1) as last, median(models.seconds) as usual, count(*) as builds
from ops.model_runs as models
inner join builds on models.run_id = builds.run_id and models.started_at = builds.started_at
where builds.number <= ?
group by models.model
having max(models.seconds) filter (where builds.number = 1) is not null
order by last desc, models.model
limit ?
"""
_AUDITS = """
select run_at, count(*) filter (where status in ('failed', 'broken') and severity = 'critical' or status = 'broken') as critical,
    count(*) filter (where status = 'failed' and severity = 'warning') as warned, count(*) as checks
from ops.check_results
where gate = 'marts'
group by run_at
order by run_at desc
limit ?
"""
_SIZES_BEFORE = """
select part, arg_max(bytes, measured_at) from ops.home_sizes
where measured_at < (select max(measured_at) from ops.home_sizes) group by part
"""


@dataclass(frozen=True)
class Run:
    """One run. `seconds`: of each step that it had, by name; `total`: of the whole, None while it works or where nobody knows."""

    run_id: str
    triggered_by: str
    started_at: str
    status: str
    seconds: dict[str, float | None]
    total: float | None
    files: int | None = None
    accepted: int | None = None
    quarantined: int | None = None
    checks_failed: int | None = None
    release_id: str | None = None
    memory: str = ""

    @property
    def other_steps(self) -> list[str]:
        """Steps that have no column of their own, such as a backup."""
        return [step for step in self.seconds if step not in (*STEPS, "run")]


@dataclass(frozen=True)
class Model:
    """One model of the last build: seconds then, the median of the last builds, and twentieths of the slowest (a class of the bar)."""

    name: str
    seconds: float
    usual: float
    fill: int


@dataclass(frozen=True)
class Audit:
    """One audit of a candidate: how many checks failed, by what that means."""

    at: str
    critical: int
    warned: int
    checks: int


@dataclass(frozen=True)
class Part:
    """One folder of the home at this publication; `change`: since the publication before, None without one."""

    part: str
    files: str
    size: str
    change: str | None


@dataclass(frozen=True)
class Operations:
    """All that the page shows: runs and audits newest first. `idle`: how many looks of the last week found nothing new."""

    runs: Sequence[Run] = ()
    idle: int = 0
    models: Sequence[Model] = ()
    audits: Sequence[Audit] = ()
    parts: Sequence[Part] = ()

    @property
    def charts(self) -> dict[str, Any]:
        """What the page's scripts draw, oldest first."""
        drawn = [run for run in self.runs if any(run.seconds.get(step) for step in STEPS)][:RUNS_DRAWN]
        return {
            "runs": [{"at": run.started_at, "seconds": [run.seconds.get(step) for step in STEPS]} for run in reversed(drawn)],
            "audits": [{"at": audit.at, "critical": audit.critical, "warned": audit.warned} for audit in reversed(self.audits)],
        }


def read_runs(settings: Settings, limit: int = RUNS_SHOWN) -> list[Run]:
    """The last runs that had something to do, as of now. Raises `BusyError` while somebody keeps the tables about runs open."""
    if not settings.ops_path.exists():
        return []
    with entered(settings) as connection:
        return told_runs(connection.execute(_STEPS, [limit]).fetchall())


def read_operations(settings: Settings) -> Operations:
    """As of now, the run that works included; the home is measured. Empty while somebody keeps the tables about runs open."""
    sizes = measure_home(settings)
    try:
        with entered(settings) as connection:
            record_sizes(connection, sizes)
            before = dict(connection.execute(_SIZES_BEFORE).fetchall())
            steps = connection.execute(_STEPS, [RUNS_SHOWN]).fetchall()
            idle = connection.execute("select count(distinct run_id) from ops.pipeline_runs where status = 'nothing_new'").fetchone()
            models = connection.execute(_MODELS, [_BUILDS_COMPARED, MODELS_SHOWN]).fetchall()
            audits = connection.execute(_AUDITS, [AUDITS_DRAWN]).fetchall() if _has_audits(connection) else []
    except (BusyError, OSError, duckdb.Error) as error:
        log.warning("the page of operations is empty: %s", error)
        return Operations()
    return Operations(
        runs=told_runs(steps),
        idle=int(idle[0]) if idle else 0,
        models=[Model(name, last, usual, round(20 * last / models[0][1]) if models[0][1] else 0) for name, last, usual, _ in models],
        audits=[Audit(_minute(at), critical, warned, checks) for at, critical, warned, checks in audits],
        parts=[
            Part(size.part, f"{size.files:,}", said_bytes(size.bytes), _change(size.bytes, before.get(size.part)) if before else None)
            for size in sizes
        ],
    )


def _has_audits(connection: DuckDBPyConnection) -> bool:
    found = connection.execute("select count(*) from information_schema.tables where table_name = 'check_results'").fetchone()
    return bool(found and found[0])


def told_runs(rows: Iterable[Sequence[Any]]) -> list[Run]:
    """Rows of `ops.pipeline_runs`, oldest first, as runs, newest first. Of a step that was tried again the last try counts."""
    steps: dict[str, dict[str, Sequence[Any]]] = {}
    begun: dict[str, datetime] = {}
    for row in rows:
        steps.setdefault(row[0], {})[row[2]] = row
        begun.setdefault(row[0], row[3])
    runs = [_run(run_id, begun[run_id], of_run) for run_id, of_run in steps.items()]
    return sorted(runs, key=lambda run: run.started_at, reverse=True)


def _run(run_id: str, begun: datetime, steps: dict[str, Sequence[Any]]) -> Run:
    seconds = {step: row[5] for step, row in steps.items()}
    statuses = {row[4] for row in steps.values()}
    known = [value for value in seconds.values() if value is not None]
    whole = seconds["run"] if "run" in seconds else sum(known) if len(known) == len(seconds) else None
    run = Run(run_id, next(iter(steps.values()))[1], _minute(begun), min(statuses, key=_TELLING.index), seconds, whole)
    for row in steps.values():
        given = {"files": row[6] if row[2] == "ingest" else None, "accepted": row[7], "quarantined": row[8], "checks_failed": row[9]}
        run = replace(run, **{name: value for name, value in given.items() if value is not None}, release_id=row[10] or run.release_id)
    peaks = [row[11] for row in steps.values() if row[11] is not None]
    return replace(run, memory=said_bytes(max(peaks)) if peaks else "")


def said_bytes(count: int) -> str:
    """`1.4 GB`: three figures at most, in powers of a thousand."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size) < 999.5:
            return f"{size:.0f} {unit}" if unit == "B" or abs(size) >= 99.5 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def _change(now: int, before: int | None) -> str:
    difference = now - (before or 0)
    return "0" if difference == 0 else f"{'+' if difference > 0 else '−'}{said_bytes(abs(difference))}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
