"""A real Superset over the released file: imported, warmed, compared, looked at in Chromium, and asked for what it must not give.

One story, told once: the tests stand in its order.
"""

from __future__ import annotations

import http.client
import json
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import duckdb
import httpx
import pytest

from bi.superset_server import Session, SupersetServer
from browser.site_browser import SiteBrowser
from community_metrics.releases.pointer import current_release_id, switch_to
from community_metrics.serving.superset.bundle import make_bundle, released_file
from community_metrics.serving.superset.naming import identity
from community_metrics.serving.superset.refreshing import refresh
from community_metrics.settings import PROJECT_ROOT, Settings

DASHBOARDS = ("activity", "content", "conversion", "growth", "retention", "trust")
SCREENSHOTS = PROJECT_ROOT / "build" / "superset-screenshots"
_DRAWN_SECONDS = 120  # some 5 on an idle machine
MEMBERS = "新增成员 · New members"


@pytest.fixture(scope="module")
def admin(superset: SupersetServer) -> Session:
    return superset.session("admin")


@pytest.fixture(scope="module")
def viewer(superset: SupersetServer) -> Session:
    return superset.session("viewer")


def released(settings: Settings, query: str) -> Any:
    with duckdb.connect(str((settings.current_release / "warehouse.duckdb").resolve()), read_only=True) as marts:
        return marts.execute(query).fetchall()


def test_the_dashboards_are_imported_once_and_every_chart_is_shown(settings: Settings, superset: SupersetServer, admin: Session) -> None:
    source = released_file(settings)
    charts = [chart for dashboard in make_bundle(source, "any").dashboards for chart in dashboard.charts]
    first = refresh(settings, superset.importer, source)
    assert (first.imported, first.dashboards, first.charts) == (True, len(DASHBOARDS), len(charts))
    kinds = ("database", "dataset", "chart", "dashboard")
    counted = {kind: admin.count(kind) for kind in kinds}
    assert counted["database"] == 1 and counted["dashboard"] == len(DASHBOARDS) and counted["chart"] == len(charts)
    assert not refresh(settings, superset.importer, source).imported
    again = refresh(settings, superset.importer, source, force=True)
    assert again.imported and again.bundle == first.bundle
    assert {kind: admin.count(kind) for kind in kinds} == counted


def test_numbers_are_those_of_the_release(settings: Settings, viewer: Session) -> None:
    chart = viewer.chart("community-growth", MEMBERS, "big_number_total")
    everything = "from marts.mart_growth_daily where scope_type = 'all'"
    assert viewer.data(chart)["data"] == [{"new_members": released(settings, f"select sum(new_members) {everything}")[0][0]}]
    expected = released(
        settings,
        "select currency, sum(gross_amount), sum(orders), sum(gross_amount) / sum(orders) from marts.mart_conversion_daily"
        " where scope_type = 'all' group by currency order by 2 desc",
    )
    shown = viewer.data(viewer.chart("community-conversion", "成交 · Sales", "table"))["data"]
    assert [row["currency"] for row in shown] == [row[0] for row in expected]
    for row, (_, gross, orders, value) in zip(shown, expected, strict=True):
        assert (float(row["gross_amount"]), row["orders"]) == (float(gross), orders)
        assert float(row["aov"]) == pytest.approx(float(value), abs=0.01)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_drawn_from_the_cache_and_asks_nobody_else(superset: SupersetServer, chromium: SiteBrowser, name: str) -> None:
    log_in(superset, chromium)
    chromium.wide(1440)
    chromium.driver.get(f"{superset.url}/superset/dashboard/community-{name}/")
    height = drawn(chromium)
    chromium.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 1440, "height": height, "deviceScaleFactor": 1, "mobile": False}
    )
    drawn(chromium)
    time.sleep(2)  # ECharts moves its lines into place
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    chromium.driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))
    page = str(chromium.script("return document.body.innerText"))
    for sign in ("错误", "Unexpected error", "Error:", "NaN", "没有结果", "No results were returned"):
        assert sign not in page, sign
    requests = Requests(chromium)
    assert requests.left() == []
    answers = requests.answers(chromium)
    assert len(answers) == chromium.script("return document.querySelectorAll('[data-test-chart-id]').length")
    assert {title: answer["error"] for title, answer in answers.items() if answer["error"]} == {}
    assert [title for title, answer in answers.items() if not answer["is_cached"]] == []


def test_a_filter_narrows_the_charts_that_it_concerns_and_no_other(superset: SupersetServer, chromium: SiteBrowser) -> None:
    log_in(superset, chromium)
    platform, dates = (f"NATIVE_FILTER-{identity('filter', f'growth.{name}')}" for name in ("scope_id-platform", "dates"))
    week = "2026-10-05 : 2026-10-12"
    chosen = (
        f"({platform}:(id:{platform},extraFormData:(filters:!((col:scope_name,op:IN,val:!(Discord)))),filterState:(value:!(Discord))),"
        f"{dates}:(id:{dates},extraFormData:(time_range:'{week}'),filterState:(value:'{week}')))"
    )
    chromium.wide(1440)
    chromium.driver.get(f"{superset.url}/superset/dashboard/community-growth/?native_filters={quote(chosen)}")
    height = drawn(chromium)
    chromium.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 1440, "height": height, "deviceScaleFactor": 1, "mobile": False}
    )
    drawn(chromium)
    asked = Requests(chromium).queries()
    narrowed = {title for title, query in asked.items() if {"col": "scope_name", "op": "IN", "val": ["Discord"]} in query["filters"]}
    shown = {title: {(one["col"], one["val"]) for one in query["filters"] if one["op"] == "=="} for title, query in asked.items()}
    assert narrowed == {chart for chart, fixed in shown.items() if ("scope_type", "platform") in fixed}
    assert len(narrowed) == 2 and len(asked) == 12
    assert {query["time_range"] for query in asked.values()} == {week}


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_text('/etc/hostname')",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from glob('/*')",
        "copy (select 1) to '{file}'",
        "copy marts.dim_date to '{file}' (format parquet)",
        "export database '{file}'",
        "attach '{file}' as other",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "create table marts.mine as select 1 as one",
        "delete from marts.mart_growth_daily",
        "update marts.mart_growth_daily set new_members = 0",
        "drop table marts.mart_growth_daily",
        "select * from marts.dim_member",
        'select count(*) from "marts"."DIM_MEMBER"',
        "select * from query_table('marts.dim_member')",
        "select * from query('from marts.dim_member')",
    ],
)
@pytest.mark.parametrize("user", ["viewer", "admin"])
def test_sql_reaches_the_marts_and_nothing_else(request: pytest.FixtureRequest, tmp_path: Path, statement: str, user: str) -> None:
    session: Session = request.getfixturevalue(user)
    answer = session.sql(1, statement.format(file=tmp_path / "taken"))
    assert answer.status_code >= 400 or answer.json().get("status") not in ("success", None), answer.text[:500]
    assert list(tmp_path.iterdir()) == []


def test_sql_reads_the_marts(settings: Settings, viewer: Session) -> None:
    query = "select count(*) as days from marts.mart_activity_daily"
    answer = viewer.sql(1, query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"] == [{"days": released(settings, query)[0][0]}]


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("PUT", "/api/v1/dashboard/1", {"json": {"dashboard_title": "mine"}}),
        ("DELETE", "/api/v1/dashboard/1", {}),
        ("PUT", "/api/v1/chart/1", {"json": {"slice_name": "mine"}}),
        ("DELETE", "/api/v1/dataset/1", {}),
        ("POST", "/api/v1/database/", {"json": {"database_name": "mine", "sqlalchemy_uri": "duckdb:///:memory:"}}),
        ("PUT", "/api/v1/database/1", {"json": {"allow_dml": True}}),
        ("POST", "/api/v1/assets/import/", {"data": {"passwords": "{}"}}),
        ("PUT", "/api/v1/chart/warm_up_cache", {"json": {"chart_id": 1}}),
        ("GET", "/api/v1/security/users/", {}),
        ("GET", "/api/v1/assets/export/", {}),
    ],
)
def test_a_reader_changes_nothing(viewer: Session, method: str, path: str, content: dict[str, Any]) -> None:
    assert viewer.ask(method, path, **content).status_code in (401, 403)


def test_nobody_sees_anything_without_a_login(superset: SupersetServer) -> None:
    for path in ("/api/v1/dashboard/", "/api/v1/chart/1/data/", "/api/v1/dashboard/community-growth"):
        assert httpx.get(superset.url + path, trust_env=False).status_code in (401, 403, 404)
    assert httpx.get(f"{superset.url}/superset/dashboard/community-growth/", trust_env=False).status_code == 302


def test_an_idle_connection_is_the_clients_to_close(superset: SupersetServer) -> None:
    """A server that closes it first, gunicorn after two seconds, may do so while the next request is on its way, which is lost."""
    connection = http.client.HTTPConnection(urlsplit(superset.url).netloc, timeout=60)
    statuses = []
    for idle in (0, 6):  # httpx gives a connection up after five
        time.sleep(idle)
        connection.request("GET", "/health")
        with connection.getresponse() as answer:
            statuses.append(answer.status)
            answer.read()
        assert connection.sock is not None, "closed by the server"
    connection.close()
    assert statuses == [200, 200]


def test_words_are_chinese_and_english(superset: SupersetServer, chromium: SiteBrowser) -> None:
    log_in(superset, chromium)
    for language, word in (("en", "Dashboards"), ("zh", "看板")):
        chromium.driver.get(f"{superset.url}/lang/{language}")
        chromium.driver.get(f"{superset.url}/dashboard/list/")
        deadline = time.monotonic() + _DRAWN_SECONDS
        while word not in str(chromium.script("return document.body.innerText")):
            assert time.monotonic() < deadline, language
            time.sleep(0.5)


def test_another_release_is_shown_at_once(settings: Settings, superset: SupersetServer, viewer: Session) -> None:
    """What lies in the cache is of the release before, and is not shown any more."""
    chart = viewer.chart("community-growth", MEMBERS, "big_number_total")
    before = viewer.data(chart)
    assert before["is_cached"]
    release = current_release_id(settings)
    assert release is not None
    following = settings.releases / "20991231T000000Z-0000000a"
    shutil.copytree(settings.releases / release, following)
    database = following / "warehouse.duckdb"
    database.chmod(0o644)
    with duckdb.connect(str(database)) as marts:
        marts.execute("update marts.mart_growth_daily set new_members = new_members + 1 where scope_type = 'all'")
    switch_to(settings, following.name)
    report = refresh(settings, superset.importer, released_file(settings))
    assert report.imported and report.release_id == following.name
    after = viewer.data(chart)
    assert after["data"][0]["new_members"] > before["data"][0]["new_members"]
    everything = "select sum(new_members) from marts.mart_growth_daily where scope_type = 'all'"
    assert after["data"] == [{"new_members": released(settings, everything)[0][0]}]


def log_in(superset: SupersetServer, chromium: SiteBrowser) -> None:
    chromium.driver.get(f"{superset.url}/login/")
    deadline = time.monotonic() + _DRAWN_SECONDS
    while "/login" in chromium.driver.current_url:
        assert time.monotonic() < deadline
        fields = chromium.find_all("input[type=password]")
        if fields and not fields[0].get_attribute("value"):
            chromium.find("#username").send_keys("viewer")
            fields[0].send_keys(superset.viewer)
            chromium.find("button[type=submit]").click()
        time.sleep(0.5)
    chromium.requests()


def drawn(chromium: SiteBrowser) -> int:
    """Wait until every chart has its answer; gives the height of the page."""
    deadline, height = time.monotonic() + _DRAWN_SECONDS, -1
    while True:
        assert time.monotonic() < deadline, "charts are still loading"
        time.sleep(1)
        now = int(chromium.script("return Math.max(document.documentElement.scrollHeight, document.querySelector('#app').scrollHeight)"))
        waiting = chromium.script("return document.querySelectorAll('[data-test=loading-indicator], .loading').length")
        there = chromium.script("return document.querySelectorAll('[data-test-chart-id]').length")
        if there and not waiting and now == height:
            return height
        height = now


class Requests:
    """What the browser has asked since the last time, and what came of it."""

    def __init__(self, chromium: SiteBrowser) -> None:
        messages = [json.loads(entry["message"])["message"] for entry in chromium.driver.get_log("performance")]
        self.sent = {m["params"]["requestId"]: m["params"]["request"] for m in messages if m["method"] == "Network.requestWillBeSent"}
        failed = [m["params"] for m in messages if m["method"] == "Network.loadingFailed"]
        self.blocked = {params["requestId"] for params in failed if params.get("blockedReason") == "csp"}

    def left(self) -> list[str]:
        """Requests to other hosts that the page's own policy did not stop."""
        return [
            request["url"]
            for number, request in self.sent.items()
            if number not in self.blocked and urlsplit(request["url"]).hostname not in ("127.0.0.1", None)
        ]

    def queries(self) -> dict[int, dict[str, Any]]:
        """Number of the chart -> what it asked last; the queries of filters are not among them."""
        return {chart: json.loads(self.sent[number]["postData"])["queries"][0] for chart, number in self._charts().items()}

    def answers(self, chromium: SiteBrowser) -> dict[int, dict[str, Any]]:
        """Number of the chart -> the answer to what it asked last."""
        found = {}
        for chart, number in self._charts().items():
            body = chromium.driver.execute_cdp_cmd("Network.getResponseBody", {"requestId": number})["body"]
            found[chart] = json.loads(body)["result"][0]
        return found

    def _charts(self) -> dict[int, str]:
        found = {}
        for number, request in self.sent.items():
            if urlsplit(request["url"]).path == "/api/v1/chart/data" and "postData" in request:
                chart = json.loads(request["postData"])["form_data"].get("slice_id")
                if chart is not None:
                    found[int(chart)] = number
        return found
