"""The main job through a real Airflow: exports in, audited release out."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from community_metrics.airflow_runtime.client import FINISHED, AirflowClient
from community_metrics.airflow_runtime.configuration import configure
from community_metrics.airflow_runtime.local import LocalAirflow, Say, local_airflow
from community_metrics.errors import UsageError
from community_metrics.releases.pointer import current_release_id
from community_metrics.settings import Settings
from community_metrics.sources.registry import load_registry

RELEASE_DAG = "warehouse_release"
# Somebody waits for this job: what a platform has not computed yet is left to the scheduled run of the date.
DO_NOT_WAIT = {"wait": False}
_LOG_LINES_SHOWN = 25


@dataclass(frozen=True)
class RunResult:
    """One DAG run that has ended."""

    dag_id: str
    run_id: str
    state: str

    @property
    def succeeded(self) -> bool:
        return self.state == "success"


def run_main_job(settings: Settings, exports: Path | None, port: int | None, say: Say) -> int:
    """Drop the exports into the inbox, run every ingest and then the release through Airflow.

    Gives 0 if afterwards a release is current that holds everything that could be taken, else 1.
    """
    started = time.monotonic()
    if exports is not None:
        say(f"{drop_into_inbox(exports, settings.inbox)} files from {exports} dropped into {settings.inbox}")
    before = current_release_id(settings)
    ingest_dags = [f"ingest_{name}" for name in sorted(load_registry())]
    configuration = configure(settings, port, run_schedules=False)
    with local_airflow(configuration, {*ingest_dags, RELEASE_DAG}, say) as airflow:
        say(f"Airflow is up after {time.monotonic() - started:.0f} s")
        results = follow_runs(airflow, ingest_dags, say)
        results += follow_runs(airflow, [RELEASE_DAG], say)
    after = current_release_id(settings)
    return _conclude(settings, results, before, after, time.monotonic() - started, say)


def drop_into_inbox(exports: Path, inbox: Path) -> int:
    """Copy `<source>/<account>/[dt=...]/file` trees; gives the number of files. Landing them twice changes nothing."""
    files = [path for path in sorted(exports.rglob("*")) if path.is_file()]
    if not files:
        raise UsageError("no exports", str(exports), "name a folder that holds <source>/<account>/<files>")
    for path in files:
        target = inbox / path.relative_to(exports)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return len(files)


def follow_runs(airflow: LocalAirflow, dag_ids: Sequence[str], say: Say) -> list[RunResult]:
    """Trigger a run of each DAG, tell what becomes of them, and show the log of what failed."""
    client = airflow.client
    begun = time.monotonic()
    open_runs = {dag_id: client.trigger(dag_id, DO_NOT_WAIT) for dag_id in dag_ids}
    tasks_told: dict[str, str] = {}
    results: list[RunResult] = []
    while open_runs:
        airflow.pause(0.5)
        for dag_id, run_id in list(open_runs.items()):
            state = client.run_state(dag_id, run_id)
            tasks = _task_summary(client, dag_id, run_id) if state != "queued" else ""
            if state in FINISHED:
                del open_runs[dag_id]
                results.append(RunResult(dag_id, run_id, state))
                say(f"{time.monotonic() - begun:5.1f} s  {dag_id:<24} {state:<8} {tasks}")
            elif tasks != tasks_told.get(dag_id, "") and len(dag_ids) == 1:
                say(f"{time.monotonic() - begun:5.1f} s  {dag_id:<24} {state:<8} {tasks}")
            tasks_told[dag_id] = tasks
    for result in results:
        if not result.succeeded:
            _show_failure(client, result, say)
    return results


def _task_summary(client: AirflowClient, dag_id: str, run_id: str) -> str:
    return ", ".join(f"{task.task_id} {task.state}" for task in client.task_states(dag_id, run_id) if task.state not in (None, "scheduled"))


def _show_failure(client: AirflowClient, result: RunResult, say: Say) -> None:
    for task in client.task_states(result.dag_id, result.run_id):
        if task.state == "failed":
            say(f"--- {result.dag_id}.{task.task_id}: the end of its log")
            for line in client.task_log(result.dag_id, result.run_id, task)[-_LOG_LINES_SHOWN:]:
                say(f"    {line}")


def _conclude(settings: Settings, results: Sequence[RunResult], before: str | None, after: str | None, seconds: float, say: Say) -> int:
    failed = [result.dag_id for result in results if not result.succeeded]
    if failed:
        say(f"failed after {seconds:.0f} s: {', '.join(failed)}")
        say(
            f"the published release stays {before}"
            if after == before and before
            else f"published: {after}"
            if after
            else "nothing is published"
        )
    elif after is None:
        say("nothing is published: no file has landed yet that could be taken")
    elif after == before:
        say(f"nothing new: release {after} is current ({seconds:.0f} s)")
    else:
        say(f"published release {after} in {seconds:.0f} s")
    if after is not None:
        current = settings.current_release
        say(f"  dashboard   {current / 'site' / 'index.html'}")
        say(f"  database    {current / 'warehouse.duckdb'}  (schema marts; open it read-only)")
        say("  Airflow UI  make serve")
    return 0 if after is not None and not failed else 1
