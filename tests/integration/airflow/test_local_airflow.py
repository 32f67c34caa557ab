"""A real Airflow, started as `make serve` starts it: scheduler, API server and DAG processor as processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

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

    def backfill_runs(self, dag_id: str, token: str) -> list[dict[str, Any]]:
        status, body = self.get(f"/api/v2/dags/{dag_id}/dagRuns?limit=100", token)
        assert status == 200
        return [run for run in json.loads(body)["dag_runs"] if run["run_type"] == "backfill"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = Settings(home=tmp_path_factory.mktemp("served"))
    site = settings.releases / "r1" / "site"
    site.mkdir(parents=True)
    (site / "index.html").write_text("the released page")
    settings.published.mkdir()
    settings.current_release.symlink_to(settings.releases / "r1", target_is_directory=True)
    command = [
        sys.executable,
        "-u",
        "-m",
        "community_metrics.airflow_runtime",
        "--home",
        str(settings.home),
        "--port",
        str(free_port(0)),
        "serve",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
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


def processes_of_session(leader: int) -> list[str]:
    """Living processes of the session; Airflow's overwrite their environment, and some their group, but none its session."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.name())
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return found


def test_the_dashboard_stands_behind_airflow_s_login(served: Served) -> None:
    assert served.get("/community-metrics/index.html")[0] == 401
    with pytest.raises(urllib.error.HTTPError, match="401"):
        served.log_in("a guess")
    assert served.get("/community-metrics/index.html", served.log_in(served.password)) == (200, b"the released page")


def test_airflow_s_navigation_shows_the_dashboard(served: Served) -> None:
    status, body = served.get("/api/v2/plugins", served.log_in(served.password))
    assert status == 200
    (plugin,) = [plugin for plugin in json.loads(body)["plugins"] if plugin["name"] == "community_metrics"]
    assert [view["href"] for view in plugin["external_views"]] == ["/community-metrics/index.html"]


def test_airflow_s_own_backfill_runs_an_ingest_dag_over_past_dates(served: Served) -> None:
    dag_id = "ingest_refunds"
    inbox = served.settings.inbox / "refunds" / "_"
    inbox.mkdir(parents=True)
    (inbox / "refunds.csv").write_text(
        "refund_id,platform,order_id,refunded_at,amount,currency\n1,shop,9,2026-10-01T10:00:00+08:00,5.00,CNY\n", encoding="utf-8"
    )
    period = ["--from-date", "2026-10-01T00:00:00+00:00", "--to-date", "2026-10-01T02:00:00+00:00"]
    command = [sys.executable, "-m", "community_metrics.airflow_runtime", "--home", str(served.settings.home), "airflow", "--"]
    created = subprocess.run([*command, "backfill", "create", "--dag-id", dag_id, *period], capture_output=True, text=True, check=False)
    assert created.returncode == 0, created.stdout + created.stderr
    token = served.log_in(served.password)
    deadline = time.monotonic() + START_SECONDS
    while not (runs := served.backfill_runs(dag_id, token)) or any(run["state"] not in ("success", "failed") for run in runs):
        assert time.monotonic() < deadline, runs
        time.sleep(0.5)
    assert sorted((run["logical_date"], run["state"]) for run in runs) == [
        ("2026-10-01T00:00:00Z", "success"),
        ("2026-10-01T01:00:00Z", "success"),
        ("2026-10-01T02:00:00Z", "success"),
    ]
    assert list((served.settings.lake / "refunds").rglob("date=2026-10-01/*.parquet"))


def test_a_second_airflow_on_the_same_home_is_refused(served: Served) -> None:
    command = [sys.executable, "-m", "community_metrics.airflow_runtime", "--home", str(served.settings.home), "serve"]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"Airflow already runs on this home (process {served.process.pid})" in second.stderr


def test_ctrl_c_leaves_no_process_behind(served: Served) -> None:
    assert len(processes_of_session(served.process.pid)) >= 4  # the command itself and Airflow's three components
    os.kill(served.process.pid, signal.SIGINT)
    assert served.process.wait(timeout=120) == 0
    assert processes_of_session(served.process.pid) == []
