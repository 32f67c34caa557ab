"""A Superset of the tests' own: from its lock, with SQLite for its tables, on a free port of this machine, gone afterwards."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from community_metrics.airflow_runtime.configuration import free_port
from community_metrics.serving.superset.client import Server
from community_metrics.settings import PROJECT_ROOT

PROGRAM = PROJECT_ROOT / "deploy" / "superset" / "superset"
ENVIRONMENT = PROJECT_ROOT / "build" / "superset"
_PREPARE_SECONDS = 600  # some 30 on an idle machine
_START_SECONDS = 240  # some 10


@dataclass(frozen=True)
class SupersetServer:
    """Where it listens, and the passwords of `admin` and `viewer`."""

    url: str
    admin: str
    viewer: str

    @property
    def importer(self) -> Server:
        return Server(self.url, "admin", self.admin)

    def session(self, user: str) -> Session:
        return Session(self.url, user, self.viewer if user == "viewer" else self.admin)


class Session:
    """Somebody's calls to the API."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=120, trust_env=False)
        login = {"username": user, "password": password, "provider": "db"}
        token = self._http.post("/api/v1/security/login", json=login).raise_for_status().json()["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        csrf = self._http.get("/api/v1/security/csrf_token/").raise_for_status().json()["result"]
        self._http.headers.update({"X-CSRFToken": csrf, "Referer": url})

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        return self._http.request(method, path, **content)

    def get(self, path: str) -> Any:
        return self.ask("GET", path).raise_for_status().json()

    def count(self, kind: str) -> int:
        """How many databases, datasets, charts or dashboards there are."""
        return int(self.get(f"/api/v1/{kind}/")["count"])

    def chart(self, dashboard: str, title: str, kind: str) -> dict[str, Any]:
        """The chart of this title and kind, with its stored query."""
        charts = self.get(f"/api/v1/dashboard/{dashboard}/charts")["result"]
        named = [self.get(f"/api/v1/chart/{chart['id']}")["result"] for chart in charts if chart["slice_name"] == title]
        found = [dict(chart) for chart in named if chart["viz_type"] == kind]
        assert len(found) == 1, (title, kind, found)
        return found[0]

    def data(self, chart: Mapping[str, Any], force: bool = False) -> dict[str, Any]:
        """The answer to the chart's stored query: `data`, `is_cached`, `error`."""
        query = json.loads(chart["query_context"]) | {"force": force}
        answer = self.ask("POST", "/api/v1/chart/data", json=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["result"][0])

    def sql(self, database: int, statement: str) -> httpx.Response:
        body = {"database_id": database, "sql": statement, "schema": "marts", "client_id": secrets.token_hex(5), "runAsync": False}
        return self.ask("POST", "/api/v1/sqllab/execute/", json=body)


@contextmanager
def superset_server(folder: Path) -> Iterator[SupersetServer]:
    """Skips, saying why, where Superset's packages cannot be had."""
    programs = _programs()
    address = f"127.0.0.1:{free_port(18088)}"
    server = SupersetServer(f"http://{address}", "an administrator of the tests", "a reader of the tests")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SUPERSET", "COMMUNITY_METRICS"))} | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "SUPERSET_HOME": str(folder),
        "SUPERSET_METADATA_URI": f"sqlite:///{folder / 'superset.db'}",
        "SUPERSET_SECRET_KEY": secrets.token_urlsafe(32),
        "SUPERSET_ADMIN_PASSWORD": server.admin,
        "SUPERSET_VIEWER_PASSWORD": server.viewer,
        "SUPERSET_ADDRESS": address,
    }
    prepared = subprocess.run(
        [PROGRAM, "init"], env=environment, cwd=folder, capture_output=True, text=True, timeout=_PREPARE_SECONDS, check=False
    )
    assert prepared.returncode == 0, prepared.stderr[-4000:]
    log = folder / "superset.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "start"], env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(server.url):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")[-4000:]
            time.sleep(0.5)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _programs() -> Path:
    """The folder of Superset's programs."""
    made = subprocess.run([PROJECT_ROOT / "scripts" / "superset-packages.sh"], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"Superset's packages cannot be had: {made.stderr.strip()[-500:]}")
    return ENVIRONMENT / "bin"


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
