"""How a Superset is brought to a release: imported and warmed once, again when either changes, red when a chart cannot be shown."""

from __future__ import annotations

import email
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from community_metrics.cli import main
from community_metrics.errors import BusyError, CommunityMetricsError, UsageError
from community_metrics.serving.superset import refreshing
from community_metrics.serving.superset.bundle import Source
from community_metrics.serving.superset.client import Server, SupersetAwayError, SupersetClient, SupersetError
from community_metrics.serving.superset.refreshing import refresh, server_from_environment, source_from_environment
from community_metrics.settings import Settings
from support.released import release

PASSWORD = "an administrator's password"
FIRST, SECOND = "20261122T000000Z-00000001", "20261123T000000Z-00000002"
DASHBOARDS, CHARTS = 6, 59


@dataclass
class FakeSuperset:
    """Answers as Superset 6.1 does, as far as the client asks; keeps what it was asked."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    passwords: list[dict[str, str]] = field(default_factory=list)
    charts: dict[str, list[str]] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    refuses_imports: bool = False
    is_starting: bool = False

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        if self.is_starting:
            return 503, {"message": "starting"}
        if path == "/api/v1/security/login":
            said = json.loads(body)
            right = said == {"username": "admin", "password": PASSWORD, "provider": "db", "refresh": False}
            return (200, {"access_token": "a-token"}) if right else (401, {"message": "Not authorized"})
        if headers["Authorization"] != "Bearer a-token":
            return 401, {"message": "Missing Authorization Header"}
        if path == "/api/v1/security/csrf_token/":
            return 200, {"result": "a-csrf-token"}
        if method in ("POST", "PUT") and (headers["X-CSRFToken"] != "a-csrf-token" or headers["Referer"] != self.address):
            return 400, {"message": "The CSRF token is missing."}
        if path == "/api/v1/assets/import/":
            return self._import(headers, body)
        if path == "/api/v1/chart/warm_up_cache":
            chart = json.loads(body)["chart_id"]
            return 200, {"result": [{"chart_id": chart, "viz_error": self.broken.get(chart), "viz_status": "success"}]}
        slug, _, part = path.removeprefix("/api/v1/dashboard/").partition("/")
        slugs = list(self.charts)
        if method == "PUT":
            self.marks[slugs[int(slug) - 1]] = json.loads(body)["certification_details"]
            return 200, {"result": {}}
        if slug not in self.charts:
            return 404, {"message": "Not found"}
        number = slugs.index(slug) + 1
        if part == "charts":
            charts = [{"id": 100 * number + place, "slice_name": title} for place, title in enumerate(self.charts[slug], start=1)]
            return 200, {"result": charts}
        return 200, {"result": {"id": number, "certification_details": self.marks.get(slug)}}

    def _import(self, headers: Any, body: bytes) -> tuple[int, Any]:
        if self.refuses_imports:
            return 422, {"errors": [{"message": "Error importing assets"}]}
        head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
        parts = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in email.message_from_bytes(head + body, policy=HTTP).iter_parts()  # type: ignore[attr-defined]
        }
        self.passwords.append(json.loads(parts["passwords"]))
        with zipfile.ZipFile(io.BytesIO(parts["bundle"])) as archive:
            names = [name for name in archive.namelist() if "/charts/" in name or "/dashboards/" in name]
            files = {name.partition("/")[2]: yaml.load(archive.read(name), Loader=yaml.CSafeLoader) for name in names}
        titles = {content["uuid"]: content["slice_name"] for name, content in files.items() if name.startswith("charts/")}
        for name, dashboard in files.items():
            if name.startswith("dashboards/"):
                placed = [part for part in dashboard["position"].values() if isinstance(part, dict) and part["type"] == "CHART"]
                self.charts[dashboard["slug"]] = [titles[part["meta"]["uuid"]] for part in placed]
                self.marks[dashboard["slug"]] = dashboard["certification_details"]
        return 200, {"message": "OK"}


@pytest.fixture
def superset() -> Iterator[FakeSuperset]:
    fake = FakeSuperset()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content = fake.answer(self.command, self.path, self.headers, body)
            answer = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = _serve

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path)
    release(made, FIRST)
    return made


SOURCE = Source("postgresql+psycopg2://superset_reader:XXXXXXXXXX@postgres:5432/community_metrics", "a reader's password")


def server(fake: FakeSuperset) -> Server:
    return Server(fake.address, "admin", PASSWORD)


def test_a_release_is_imported_warmed_and_marked_once(superset: FakeSuperset, settings: Settings) -> None:
    first = refresh(settings, server(superset), SOURCE)
    assert (first.imported, first.release_id, first.dashboards, first.charts) == (True, FIRST, DASHBOARDS, CHARTS)
    assert superset.passwords == [{"databases/community_metrics.yaml": "a reader's password"}]
    assert superset.asked.count("PUT /api/v1/chart/warm_up_cache") == CHARTS
    assert set(superset.marks.values()) == {f"发布 · Release {FIRST} · {first.bundle[:12]}"}
    superset.asked.clear()
    second = refresh(settings, server(superset), SOURCE)
    assert (second.imported, second.bundle, second.charts) == (False, first.bundle, CHARTS)
    assert not [call for call in superset.asked if call.startswith("PUT") or "import" in call]


def test_another_release_is_brought_there(superset: FakeSuperset, settings: Settings) -> None:
    refresh(settings, server(superset), SOURCE)
    release(settings, SECOND)
    assert refresh(settings, server(superset), SOURCE).imported
    assert all(SECOND in mark for mark in superset.marks.values())


def test_a_dashboard_that_somebody_removed_comes_back(superset: FakeSuperset, settings: Settings) -> None:
    refresh(settings, server(superset), SOURCE)
    del superset.charts["community-growth"]
    assert refresh(settings, server(superset), SOURCE).imported
    assert "community-growth" in superset.charts
    assert refresh(settings, server(superset), SOURCE, force=True).imported


def test_a_chart_that_cannot_be_shown_is_named_and_asked_again(superset: FakeSuperset, settings: Settings) -> None:
    superset.broken[103] = "column dau does not exist"
    with pytest.raises(SupersetError, match=r"activity: .*column dau does not exist - 1 of 59 charts"):
        refresh(settings, server(superset), SOURCE)
    superset.broken.clear()
    assert refresh(settings, server(superset), SOURCE).imported


def test_what_superset_refuses_is_said(superset: FakeSuperset, settings: Settings) -> None:
    with pytest.raises(SupersetError, match=r"security/login \(401\).*check the login of the connection") as refused:
        refresh(settings, Server(superset.address, "admin", "a wrong password"), SOURCE)
    assert "a wrong password" not in str(refused.value)
    superset.refuses_imports = True
    with pytest.raises(SupersetError, match=r"assets/import/ \(422\): .*Error importing assets"):
        refresh(settings, server(superset), SOURCE)


def test_no_superset_and_no_release_are_said(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SupersetAwayError, match="Superset does not answer"):
        SupersetClient(Server("http://127.0.0.1:9", "admin", PASSWORD))
    with pytest.raises(UsageError, match="not an address of a Superset"):
        SupersetClient(Server("file:///etc/passwd", "admin", PASSWORD))
    with pytest.raises(UsageError, match="nothing is published yet"):
        refresh(Settings(home=tmp_path / "empty"), Server("http://127.0.0.1:9", "admin", PASSWORD), SOURCE)


def test_the_environment_says_where(settings: Settings) -> None:
    given = {"COMMUNITY_METRICS_SUPERSET_URL": "http://bi:8088", "COMMUNITY_METRICS_SUPERSET_PASSWORD": "secret"}
    assert server_from_environment(given) == Server("http://bi:8088", "admin", "secret")
    assert "secret" not in repr(server_from_environment(given))
    for missing in given:
        with pytest.raises(UsageError, match=missing):
            server_from_environment({name: value for name, value in given.items() if name != missing})
    uri = {"COMMUNITY_METRICS_SUPERSET_DATABASE_URI": "postgresql://r:p@db/m"}
    assert source_from_environment(settings, None, uri).password == "p"
    assert source_from_environment(settings, "duckdb", uri).address.startswith("duckdb:////")
    assert source_from_environment(settings, None, {}).address.startswith("duckdb:////")
    with pytest.raises(UsageError, match="COMMUNITY_METRICS_SUPERSET_DATABASE_URI"):
        source_from_environment(settings, "postgres", {})


def test_the_commands(superset: FakeSuperset, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(refreshing.URL_VARIABLE, superset.address)
    monkeypatch.setenv(refreshing.PASSWORD_VARIABLE, PASSWORD)
    home = ["--home", str(settings.home)]
    checked = CliRunner().invoke(main, ["superset", "check", "--json"])
    assert checked.exit_code == 0 and sum(json.loads(checked.stdout)["dashboards"].values()) == CHARTS
    written = CliRunner().invoke(main, ["superset", "bundle", "--output", str(tmp_path / "bundle.zip"), *home])
    assert written.exit_code == 0 and zipfile.is_zipfile(tmp_path / "bundle.zip")
    refused = CliRunner().invoke(main, ["superset", "bundle", "--output", str(tmp_path / "none" / "bundle.zip"), *home])
    assert refused.exit_code == 2 and "cannot be written" in refused.stderr
    imported = CliRunner().invoke(main, ["superset", "import", *home])
    assert imported.exit_code == 0 and f"{FIRST} is in Superset: 6 dashboards, 59 charts asked in" in imported.stdout
    again = CliRunner().invoke(main, ["superset", "import", *home])
    assert "it was there already" in again.stdout


def test_what_passes_is_tried_again_and_what_somebody_has_to_mend_is_not(superset: FakeSuperset, settings: Settings) -> None:
    superset.is_starting = True
    with pytest.raises(BusyError, match=r"Superset cannot answer now \(503\)"):
        refresh(settings, server(superset), SOURCE)
    assert not issubclass(SupersetError, BusyError) and issubclass(SupersetError, CommunityMetricsError)
