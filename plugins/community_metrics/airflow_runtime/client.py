"""A small client of Airflow's own REST API (stable, `/api/v2`)."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import tenacity

from community_metrics.airflow_runtime.configuration import ADMINISTRATOR, AirflowConfiguration
from community_metrics.errors import CommunityMetricsError

FINISHED = frozenset({"success", "failed"})
_TIMEOUT_SECONDS = 90
# The API server gives up on its database after seconds (`AirflowConfiguration.api_server_environment`), and is then asked again.
_ATTEMPTS = 8


class _AnsweredError(CommunityMetricsError):
    """Airflow refused, with this HTTP status."""

    def __init__(self, status: int, answer: str, request: str) -> None:
        super().__init__(f"Airflow answered {status}: {answer}", request, "read the api-server's log")
        self.status = status


class _BusyDatabaseError(_AnsweredError):
    """Airflow's database did not let the server write or read in time. Nothing was done, as far as the server knows."""


@dataclass(frozen=True)
class TaskState:
    """One task of a DAG run."""

    task_id: str
    state: str | None
    try_number: int


class AirflowClient:
    """Speaks to one running Airflow as its administrator."""

    def __init__(self, configuration: AirflowConfiguration) -> None:
        self._base = f"http://127.0.0.1:{configuration.port}"
        self._password = configuration.password
        self._token: str | None = None

    def unhealthy(self) -> list[str]:
        """What is not up yet, by name; an empty list when runs can be triggered."""
        try:
            health = self._call("GET", "/api/v2/monitor/health", authenticated=False)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return ["api-server"]
        parts = {"scheduler": health["scheduler"], "dag-processor": health["dag_processor"], "database": health["metadatabase"]}
        return [name for name, part in parts.items() if part["status"] != "healthy"]

    def dag_ids(self) -> set[str]:
        """The DAGs that the scheduler knows."""
        return {dag["dag_id"] for dag in self._call("GET", "/api/v2/dags?limit=1000")["dags"]}

    def import_errors(self) -> list[str]:
        """`file: stack trace` of every DAG file that cannot be read."""
        errors = self._call("GET", "/api/v2/importErrors?limit=100")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in errors]

    def ensure_pools(self, pools: Mapping[str, tuple[int, str]]) -> None:
        """Create the pools (name -> slots, what for) that are not there yet."""
        present = {pool["name"] for pool in self._call("GET", "/api/v2/pools?limit=100")["pools"]}
        for name, (slots, description) in pools.items():
            if name not in present:
                self._call("POST", "/api/v2/pools", {"name": name, "slots": slots, "description": description, "include_deferred": False})

    def trigger(self, dag_id: str, configuration: Mapping[str, Any] | None = None) -> str:
        """Start a run of the DAG now; gives the run's id."""
        # Named here, so that what is asked twice because of a busy database is started once.
        run_id = f"manual__{datetime.now(UTC).isoformat()}_{uuid.uuid4().hex[:8]}"
        body = {"dag_run_id": run_id, "logical_date": None, "conf": dict(configuration or {})}
        try:
            self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)
        except _AnsweredError as error:
            if error.status != 409:
                raise
        return run_id

    def run_state(self, dag_id: str, run_id: str) -> str:
        return str(self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{_quoted(run_id)}")["state"])

    def task_states(self, dag_id: str, run_id: str) -> list[TaskState]:
        """The run's tasks."""
        instances = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{_quoted(run_id)}/taskInstances")["task_instances"]
        return [TaskState(instance["task_id"], instance["state"], instance["try_number"]) for instance in instances]

    def task_log(self, dag_id: str, run_id: str, task: TaskState) -> list[str]:
        """The messages of the task's last attempt, in order, without the marks that fold them in the UI."""
        path = (
            f"/api/v2/dags/{dag_id}/dagRuns/{_quoted(run_id)}/taskInstances/{task.task_id}/logs/{max(task.try_number, 1)}?full_content=true"
        )
        content = self._call("GET", path)["content"]
        return [line for line in map(_log_line, content) if "::group::" not in line and "::endgroup::" not in line]

    def fail_unfinished_runs(self, queued_before: datetime) -> int:
        """Close the runs that an Airflow which was killed left open; gives their number.

        The caller holds the home, so nobody else can be working on them; the pipeline itself goes on from its own records.
        """
        runs = self._call("GET", "/api/v2/dags/~/dagRuns?state=running&state=queued&limit=100")["dag_runs"]
        left = [run for run in runs if datetime.fromisoformat(run["queued_at"]) < queued_before]
        for run in left:
            self._call("PATCH", f"/api/v2/dags/{run['dag_id']}/dagRuns/{_quoted(run['dag_run_id'])}", {"state": "failed"})
        return len(left)

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(_BusyDatabaseError),
        wait=tenacity.wait_exponential(min=1, max=10),
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        reraise=True,
    )
    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, authenticated: bool = True) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if authenticated:
            headers["Authorization"] = f"Bearer {self._bearer()}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data=data, headers=headers, method=method)
        try:
            with _open(request) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            answer = error.read(2000).decode(errors="replace")
            kind = _BusyDatabaseError if error.code == 500 and "Database error" in answer else _AnsweredError
            raise kind(error.code, answer, f"{method} {path}") from error

    def _bearer(self) -> str:
        if self._token is None:
            answer = self._call("POST", "/auth/token", {"username": ADMINISTRATOR, "password": self._password}, authenticated=False)
            self._token = str(answer["access_token"])
        return self._token


def _open(request: urllib.request.Request) -> Any:
    # Never through a proxy of the surroundings: Airflow is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=_TIMEOUT_SECONDS)


def _quoted(run_id: str) -> str:
    return urllib.parse.quote(run_id, safe="")


def _log_line(entry: Any) -> str:
    """A structured log entry as `time level message`; entries without structure as they are."""
    if not isinstance(entry, dict):
        return str(entry)
    time = str(entry.get("timestamp") or "")[11:19]
    details = [_exception(detail) for detail in entry.get("error_detail") or []]
    return " ".join(part for part in (time, str(entry.get("level", "")), str(entry.get("event", "")), *details) if part)


def _exception(detail: Any) -> str:
    frames = detail.get("frames") or []
    place = f" ({frames[-1]['filename']}:{frames[-1]['lineno']})" if frames else ""
    return f"{detail['exc_type']}: {detail['exc_value']}{place}"
