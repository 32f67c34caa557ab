"""A checkout of the project, deployed with its own docker-compose.yml as docs/deploy.md says, beside whatever else the engine runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from community_metrics.airflow_runtime.client import AirflowClient
from community_metrics.airflow_runtime.configuration import AirflowConfiguration, free_port
from community_metrics.settings import PROJECT_ROOT

NAME = "community-metrics-test"
SERVICES = ("postgres", "api-server", "scheduler", "dag-processor", "triggerer", "superset")
_BUILD_ARGUMENTS = ("PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_REGISTRY", "UV_DEFAULT_INDEX")
_HEALTHY_SECONDS = 600  # some 90 on an idle machine
_RUN_SECONDS = 1200


@dataclass(frozen=True)
class Deployment:
    """The folder that it is run from, and where its API and Superset listen."""

    folder: Path
    port: int
    superset_port: int

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = run(["docker-compose", "--project-name", NAME, *arguments], self.folder)
        assert not check or done.returncode == 0, f"docker-compose {' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done

    def cli(self, *arguments: str, options: Sequence[str] = (), check: bool = True) -> subprocess.CompletedProcess[str]:
        """The project's command line in a container of its own."""
        return self.compose("run", "--rm", "--no-deps", "-T", *options, "cli", *arguments, check=check)

    def build(self, tag: str) -> None:
        """The images from the folder as it stands."""
        for name, dockerfile in ((NAME, "Dockerfile"), (f"{NAME}-superset", "deploy/superset/Dockerfile")):
            self._build(f"{name}:{tag}", dockerfile)

    def _build(self, tag: str, dockerfile: str) -> None:
        arguments = [part for name in _BUILD_ARGUMENTS if name in os.environ for part in ("--build-arg", f"{name}={os.environ[name]}")]
        command = ["docker", "build", "--quiet", "--network", "host", *arguments, "--file", dockerfile, "--tag", tag, "."]
        done = run(command, self.folder)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]

    def set(self, **values: str) -> None:
        """Lines of `.env`."""
        path = self.folder / ".env"
        lines = [line for line in path.read_text().splitlines() if line.partition("=")[0] not in values]
        path.write_text("\n".join([*lines, *(f"{name}={value}" for name, value in values.items())]) + "\n")

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text()

    def client(self) -> AirflowClient:
        """Airflow's API with the administrator's login."""
        password = self.secret("airflow_admin_password")
        return AirflowClient(AirflowConfiguration(self.folder, self.port, password, {}))

    def container(self, service: str) -> dict[str, Any]:
        """What the engine tells of the service's container."""
        identity = self.compose("ps", "-q", service).stdout.strip()
        told: list[dict[str, Any]] = json.loads(run(["docker", "inspect", identity], self.folder).stdout)
        return told[0]

    def wait_until_healthy(self, services: Sequence[str] = SERVICES) -> None:
        deadline = time.monotonic() + _HEALTHY_SECONDS
        waiting = set(services)
        while waiting:
            waiting -= {name for name in waiting if self.container(name)["State"].get("Health", {}).get("Status") == "healthy"}
            if waiting and time.monotonic() > deadline:
                logs = self.compose("logs", "--tail", "40", *sorted(waiting)).stdout
                raise AssertionError(f"not healthy: {sorted(waiting)}\n{logs}")
            time.sleep(3)

    def follow(self, dag_ids: Sequence[str], configuration: Mapping[str, Any]) -> dict[str, str]:
        """Trigger the DAGs and wait for their end; gives their states."""
        client = self.client()
        runs = {dag_id: client.trigger(dag_id, configuration) for dag_id in dag_ids}
        states: dict[str, str] = {}
        deadline = time.monotonic() + _RUN_SECONDS
        while len(states) < len(runs):
            assert time.monotonic() < deadline, {name: states.get(name, "unfinished") for name in runs}
            time.sleep(2)
            now = {name: client.run_state(name, run_id) for name, run_id in runs.items() if name not in states}
            states |= {name: state for name, state in now.items() if state in ("success", "failed")}
        for dag_id in (name for name, state in states.items() if state == "failed"):
            for task in client.task_states(dag_id, runs[dag_id]):
                print(dag_id, task, *client.task_log(dag_id, runs[dag_id], task)[-30:], sep="\n")
        return states


@contextmanager
def deployment(folder: Path) -> Iterator[Deployment]:
    """A copy of the checkout, ready for `build` and `up`; whatever became of it, nothing of it is left in the engine afterwards."""
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], PROJECT_ROOT).stdout.splitlines()
    for name in listed:
        if (PROJECT_ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT_ROOT / name, folder / name)
    made = Deployment(folder, free_port(18080), free_port(18088))
    try:
        yield made
    finally:
        if (folder / ".env").exists():
            made.compose("down", "--volumes", "--remove-orphans", "--timeout", "20", check=False)


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
