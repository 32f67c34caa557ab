"""Starting Airflow's components on a home and waiting until runs can be triggered."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from community_metrics.airflow_runtime.client import AirflowClient
from community_metrics.airflow_runtime.configuration import POOLS, AirflowConfiguration
from community_metrics.airflow_runtime.processes import ProcessFamily, exclusive, running_family
from community_metrics.errors import CommunityMetricsError

Say = Callable[[str], None]

# The triggerer is left out: no task of the project waits in one.
COMPONENTS = {
    "api-server": ("airflow", "api-server"),
    "scheduler": (sys.executable, "-m", "community_metrics.airflow_runtime.scheduler", "--skip-serve-logs"),
    "dag-processor": ("airflow", "dag-processor"),
}
_POLL_SECONDS = 0.3


@dataclass(frozen=True)
class LocalAirflow:
    """A running Airflow."""

    configuration: AirflowConfiguration
    client: AirflowClient
    family: ProcessFamily

    def pause(self, seconds: float = _POLL_SECONDS) -> None:
        """Wait a moment. Raises `CommunityMetricsError` if a component has ended meanwhile."""
        time.sleep(seconds)
        self.family.ensure_alive()


@contextmanager
def local_airflow(
    configuration: AirflowConfiguration, expected_dags: set[str], say: Say, start_seconds: float = 180
) -> Iterator[LocalAirflow]:
    """Airflow, up and with its DAGs read; nothing of it is left when the block ends, however it ends.

    Raises `BusyError` if another Airflow runs on this home, `CommunityMetricsError` if it does not come up.
    """
    with (
        exclusive(configuration.home / "running.lock"),
        running_family(configuration.environment, configuration.logs / "components") as family,
    ):
        _prepare_database(configuration, say)
        say("starting Airflow")
        started_at = datetime.now(UTC)
        for name, command in COMPONENTS.items():
            family.start(name, command, configuration.api_server_environment if name == "api-server" else None)
        airflow = LocalAirflow(configuration, AirflowClient(configuration), family)
        _wait_until_ready(airflow, expected_dags, time.monotonic() + start_seconds)
        abandoned = airflow.client.fail_unfinished_runs(started_at)
        if abandoned:
            say(f"closed {abandoned} unfinished runs of an earlier start")
        yield airflow


def airflow_command(configuration: AirflowConfiguration, arguments: list[str]) -> int:
    """Airflow's own command line on this home; gives its exit code."""
    return subprocess.run(["airflow", *arguments], env=configuration.environment, check=False).returncode


def _prepare_database(configuration: AirflowConfiguration, say: Say) -> None:
    # Asking Airflow whether its database is current takes as long as starting it: the version it was made for is noted instead.
    version = importlib.metadata.version("apache-airflow")
    stamp = configuration.home / "database-version"
    if stamp.exists() and stamp.read_text() == version:
        return
    say("preparing Airflow's database")
    finished = subprocess.run(["airflow", "db", "migrate"], env=configuration.environment, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise CommunityMetricsError(
            f"Airflow's database could not be prepared:\n{finished.stdout[-3000:]}{finished.stderr[-3000:]}",
            str(configuration.home),
            "read the log above",
        )
    stamp.write_text(version)


def _wait_until_ready(airflow: LocalAirflow, expected_dags: set[str], deadline: float) -> None:
    waiting_for = ["api-server"]
    pools_made = False
    while time.monotonic() < deadline:
        airflow.pause()
        # Another Airflow may have taken the port since it was found free: it must not be mistaken for this one.
        if not airflow.family.listens_on(airflow.configuration.port):
            continue
        waiting_for = airflow.client.unhealthy()
        if "api-server" in waiting_for:
            continue
        if not pools_made:
            airflow.client.ensure_pools(POOLS)
            pools_made = True
        errors = airflow.client.import_errors()
        if errors:
            raise CommunityMetricsError("a DAG file cannot be read:\n" + "\n".join(errors), "dags/", "mend the file")
        waiting_for += sorted(expected_dags - airflow.client.dag_ids())
        if not waiting_for:
            return
    raise CommunityMetricsError(
        f"Airflow did not come up; still waiting for {', '.join(waiting_for)}", str(airflow.family.log_folder), "read the logs there"
    )
