"""`make serve` as a process of a test: Airflow's scheduler, API server and DAG processor on a home of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from community_metrics.airflow_runtime.configuration import free_port
from community_metrics.settings import Settings

START_SECONDS = 240  # some 15 on an idle machine
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@dataclass
class Served:
    """The command, running."""

    settings: Settings
    process: subprocess.Popen[str]
    output: list[str]
    url: str
    password: str

    def get(self, path: str, token: str | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {token}"} if token else {})
        try:
            with _direct(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def log_in(self, password: str) -> str:
        body = json.dumps({"username": "admin", "password": password}).encode()
        request = urllib.request.Request(self.url + "/auth/token", data=body, headers={"Content-Type": "application/json"})
        with _direct(request, timeout=60) as answer:
            return str(json.load(answer)["access_token"])

    def backfill(self, dag_id: str, first: str, last: str) -> list[dict[str, Any]]:
        """Airflow's own backfill, to its end; gives its runs by logical date."""
        command = [sys.executable, "-m", "community_metrics.airflow_runtime", "--home", str(self.settings.home), "airflow", "--"]
        period = ["backfill", "create", "--dag-id", dag_id, "--from-date", first, "--to-date", last]
        created = subprocess.run([*command, *period], capture_output=True, text=True, check=False)
        assert created.returncode == 0, created.stdout + created.stderr
        token = self.log_in(self.password)
        quiet_since, seen = time.monotonic(), ""
        while not (runs := self.backfill_runs(dag_id, token)) or any(run["state"] not in ("success", "failed") for run in runs):
            states = str([run["state"] for run in runs])
            quiet_since, seen = (quiet_since, seen) if states == seen else (time.monotonic(), states)
            assert time.monotonic() < quiet_since + START_SECONDS, runs
            time.sleep(0.5)
        return sorted(runs, key=lambda run: str(run["logical_date"]))

    def task(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        """A task of a run, as Airflow's API tells it."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{urllib.parse.quote(run_id, safe='')}/taskInstances/{task_id}"
        status, body = self.get(path, self.log_in(self.password))
        assert status == 200, body
        found: dict[str, Any] = json.loads(body)
        return found

    def backfill_runs(self, dag_id: str, token: str) -> list[dict[str, Any]]:
        status, body = self.get(f"/api/v2/dags/{dag_id}/dagRuns?limit=100", token)
        assert status == 200
        return [run for run in json.loads(body)["dag_runs"] if run["run_type"] == "backfill"]


@contextmanager
def serving(settings: Settings, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """The command, until the block ends."""
    command = [sys.executable, "-u", "-m", "community_metrics.airflow_runtime"]
    command += ["--home", str(settings.home), "--port", str(free_port(0)), "serve"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True, env={**os.environ, **(environment or {})}
    )
    try:
        output = read_until(process, "Ctrl-C ends it")
        text = "".join(output)
        url = re.search(r"Airflow +(http://localhost:\d+)", text)
        password = re.search(r"login +admin / (\S+)", text)
        assert url and password, text
        yield Served(settings, process, output, url[1].replace("localhost", "127.0.0.1"), password[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def read_until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    assert process.stdout
    lines: list[str] = []
    deadline = time.monotonic() + START_SECONDS
    for line in process.stdout:
        lines.append(line)
        if wanted in line:
            return lines
        assert time.monotonic() < deadline, lines
    raise AssertionError(f"ended with {process.wait()}: {lines}")
