"""The dashboard inside Airflow: who sees it, what of the disk it can reach, and what its answers say to a browser."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from airflow.api_fastapi.app import create_auth_manager
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from openpyxl import load_workbook

from community_metrics.dashboard.layout import PROJECT_DOCS
from community_metrics.settings import PROJECT_ROOT, Settings
from community_metrics_plugin import EXPORTS_AT_A_TIME, URL_PREFIX, CommunityMetricsPlugin, _exporting, _settings, app


def assert_guarded(answer: Response) -> None:
    """What each answer tells a browser: no guessing of types, no address to others, no other frame than Airflow's, no stale copy."""
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-cache"
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'self'")
    assert (policy["base-uri"], policy["form-action"]) == ("'none'", "'none'")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(tmp_path / "home"))
    _settings.cache_clear()
    yield Settings(home=tmp_path / "home")
    _settings.cache_clear()


@pytest.fixture
def stranger(settings: Settings) -> TestClient:
    """As Airflow mounts it, for somebody without a login."""
    create_auth_manager()
    server = FastAPI()
    server.mount(URL_PREFIX, app)
    return TestClient(server, follow_redirects=False)


@pytest.fixture
def member(stranger: TestClient) -> Iterator[TestClient]:
    """The same for somebody who is logged in."""
    app.dependency_overrides[get_user] = lambda: object()
    yield stranger
    app.dependency_overrides.clear()


def publish(settings: Settings, release_id: str, text: str) -> None:
    site = settings.releases / release_id / "site"
    (site / "assets").mkdir(parents=True)
    (site / "index.html").write_text(text)
    (site / "assets" / "page.js").write_text("// script")
    for path in EVERY_KIND[1:-1]:
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(path)
    settings.published.mkdir(exist_ok=True)
    settings.current_release.unlink(missing_ok=True)
    settings.current_release.symlink_to(settings.releases / release_id, target_is_directory=True)


# Of each kind one: pages, the validation results, dbt's documentation, data, scripts, what Airflow's framework would add by itself.
EVERY_KIND = ("index.html", "validations.html", "operations.html", PROJECT_DOCS, "data/mart_activity_daily/1.js", "assets/page.js")


@pytest.mark.parametrize(
    "path", ["", *EVERY_KIND, "no-such-page.html", "docs", "openapi.json", "%2e%2e/manifest.json", "..%2fmanifest.json"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_a_login_there_is_nothing_to_see(stranger: TestClient, settings: Settings, path: str, method: str) -> None:
    publish(settings, "r1", "first")
    answer = stranger.request(method, f"{URL_PREFIX}/{path}")
    assert answer.status_code == 401
    assert_guarded(answer)
    # A login of nobody's is none.
    forged = stranger.request(method, f"{URL_PREFIX}/{path}", headers={"Authorization": "Bearer forged", "Cookie": "_token=forged"})
    assert forged.status_code in (401, 403)
    assert "first" not in answer.text + forged.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_pages_are_read_only(member: TestClient, settings: Settings, method: str) -> None:
    publish(settings, "r1", "first")
    assert member.request(method, f"{URL_PREFIX}/index.html").status_code == 405
    assert (settings.releases / "r1" / "site" / "index.html").read_text() == "first"


def test_a_person_without_a_login_is_sent_to_it_and_back(stranger: TestClient) -> None:
    answer = stranger.get(f"{URL_PREFIX}/growth.html", headers={"Accept": "text/html"})
    assert answer.status_code == 307
    assert answer.headers["location"] == "/auth/login?next=%2Fcommunity-metrics%2Fgrowth.html"


def test_whoever_is_logged_in_sees_the_released_pages(member: TestClient, settings: Settings) -> None:
    publish(settings, "r1", "first")
    assert member.get(f"{URL_PREFIX}/").text == "first"
    assert member.get(f"{URL_PREFIX}/index.html").headers["content-type"] == "text/html; charset=utf-8"
    assert member.get(f"{URL_PREFIX}/assets/page.js").headers["content-type"].startswith("text/javascript")


def test_the_page_of_the_models_may_run_its_own_scripts_and_ask_for_nothing(member: TestClient, settings: Settings) -> None:
    publish(settings, "r1", "first")
    policy = member.get(f"{URL_PREFIX}/models/index.html").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; ")
    assert policy.endswith("; frame-ancestors 'self'")
    assert "http" not in policy and "connect-src" not in policy
    assert "unsafe" not in member.get(f"{URL_PREFIX}/index.html").headers["content-security-policy"]


def test_a_new_release_shows_at_once(member: TestClient, settings: Settings) -> None:
    publish(settings, "r1", "first")
    before = member.get(f"{URL_PREFIX}/index.html")
    publish(settings, "r2", "second")
    after = member.get(f"{URL_PREFIX}/index.html", headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.text) == (200, "second")


def test_an_unchanged_page_is_not_sent_again(member: TestClient, settings: Settings) -> None:
    publish(settings, "r1", "first")
    tag = member.get(f"{URL_PREFIX}/index.html").headers["etag"]
    again = member.get(f"{URL_PREFIX}/index.html", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "../manifest.json",
        "%2e%2e/manifest.json",
        "..%2fmanifest.json",
        "assets/..%2f..%2fmanifest.json",
        "%2fetc%2fpasswd",
        "link",
        "a%00b",
        "assets",
        "x" * 5000,
        "%252e%252e%252fmanifest.json",
        "..%5cmanifest.json",
        "%c0%ae%c0%ae/manifest.json",
        "assets/../../manifest.json",
        "assets/%2e%2e/%2e%2e/manifest.json",
        "./../manifest.json",
        "....//manifest.json",
        "..;/manifest.json",
        "//etc/passwd",
        "file:///etc/passwd",
        "HOME/releases/r1/manifest.json",
        "index.html/../../manifest.json",
        "index.html%00.js",
        "folder_link/manifest.json",
        "dangling",
        "loop",
        "data",
        "models/",
        "manifest.json",
        "warehouse.duckdb",
        "~root",
        "\u200b",
    ],
)
def test_nothing_outside_the_site_can_be_reached(member: TestClient, settings: Settings, path: str) -> None:
    publish(settings, "r1", "first")
    release = settings.releases / "r1"
    (release / "manifest.json").write_text("secret")
    (release / "warehouse.duckdb").write_text("secret")
    (release / "site" / "link").symlink_to(release / "manifest.json")
    (release / "site" / "folder_link").symlink_to(release, target_is_directory=True)
    (release / "site" / "dangling").symlink_to(release / "nothing")
    (release / "site" / "loop").symlink_to(release / "site" / "loop")
    answer = member.get(f"{URL_PREFIX}/{path.replace('HOME', str(settings.home))}")
    assert answer.status_code in (403, 404)
    assert "secret" not in answer.text and "root:" not in answer.text
    assert str(settings.home) not in answer.text
    if answer.url.path.startswith(URL_PREFIX):
        assert_guarded(answer)


def test_the_site_of_a_release_that_is_a_link_out_of_the_home_is_followed_once_and_no_further(
    member: TestClient, settings: Settings
) -> None:
    """The pointer is a link by design; what it leads to is the root, and nothing leads out of that."""
    publish(settings, "r1", "first")
    outside = settings.home.parent / "outside.html"
    outside.write_text("secret")
    (settings.releases / "r1" / "site" / "relative.html").symlink_to("../../../../outside.html")
    assert member.get(f"{URL_PREFIX}/index.html").text == "first"
    assert member.get(f"{URL_PREFIX}/relative.html").status_code == 404


def test_before_the_first_release_a_page_says_so(member: TestClient) -> None:
    answer = member.get(f"{URL_PREFIX}/index.html")
    assert answer.status_code == 404
    assert "Nothing published yet" in answer.text and "还没有发布" in answer.text


@pytest.mark.parametrize("path", [*EVERY_KIND, "nothing-there.html", "..%2fmanifest.json"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_answer_carries_the_security_headers(member: TestClient, settings: Settings, path: str, method: str) -> None:
    publish(settings, "r1", "first")
    answer = member.request(method, f"{URL_PREFIX}/{path}")
    assert_guarded(answer)
    if "etag" in answer.headers:
        again = member.get(f"{URL_PREFIX}/{path}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", [path for path in EVERY_KIND if path != PROJECT_DOCS])
def test_no_page_of_ours_may_run_what_stands_in_it_or_ask_another_host(member: TestClient, settings: Settings, path: str) -> None:
    publish(settings, "r1", "first")
    policy = member.get(f"{URL_PREFIX}/{path}").headers["content-security-policy"]
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy


def test_before_the_first_release_and_at_the_way_to_the_login_the_headers_stand_too(stranger: TestClient, member: TestClient) -> None:
    assert_guarded(member.get(f"{URL_PREFIX}/index.html"))
    app.dependency_overrides.clear()
    sent_on = stranger.get(f"{URL_PREFIX}/growth.html", headers={"Accept": "text/html"})
    assert sent_on.status_code == 307
    assert_guarded(sent_on)


def test_the_way_to_the_login_leads_to_no_other_host(stranger: TestClient) -> None:
    for path in ("//evil.example.com/x", "https://evil.example.com", "%2f%2fevil.example.com"):
        answer = stranger.get(f"{URL_PREFIX}/{path}", headers={"Accept": "text/html"})
        assert answer.status_code == 307
        location = answer.headers["location"]
        assert location.startswith("/auth/login?next=%2Fcommunity-metrics"), location


def test_the_policy_is_that_of_the_pages_and_lets_only_airflow_frame_them(member: TestClient, settings: Settings) -> None:
    publish(settings, "r1", "first")
    template = (PROJECT_ROOT / "dashboards" / "templates" / "page.html").read_text(encoding="utf-8")
    of_the_pages = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', template)
    assert of_the_pages
    sent = member.get(f"{URL_PREFIX}/index.html").headers["content-security-policy"]
    assert sent == of_the_pages[1] + "; frame-ancestors 'self'"


def test_the_navigation_entry_leads_to_the_mounted_pages() -> None:
    (mount,) = CommunityMetricsPlugin.fastapi_apps
    (entry,) = CommunityMetricsPlugin.external_views
    assert entry["href"] == mount["url_prefix"] + "/index.html"
    assert entry["name"] == "社群看板 / Community metrics"


GROWTH = "mart_growth_daily"
RELEASE = "20260601T013000Z-5b1f0c9a"


def publish_growth(settings: Settings) -> None:
    """A release with three rows of one mart, and with a mart of persons."""
    publish(settings, RELEASE, "first")
    (settings.releases / RELEASE / "manifest.json").write_text("{}")
    with duckdb.connect(str(settings.releases / RELEASE / "warehouse.duckdb")) as connection:
        connection.execute(
            "create schema marts; "
            "create table marts.mart_growth_daily (business_date date, scope_type varchar, scope_id varchar, new_members bigint); "
            "insert into marts.mart_growth_daily values ('2026-05-02', 'all', 'all', 7), ('2026-05-01', 'all', 'all', null), "
            "('2026-05-02', 'community', '=1+1', 3); "
            "create table marts.dim_member as select 'ab12' as member_key, 'member' as actor_type"
        )


def left_behind() -> list[str]:
    return [path.name for path in Path(tempfile.gettempdir()).glob("community-metrics-export-*")]


def test_a_mart_is_sent_as_a_file_of_each_kind_and_nothing_is_left_behind(member: TestClient, settings: Settings) -> None:
    publish_growth(settings)
    csv = member.get(f"{URL_PREFIX}/export/{GROWTH}.csv")
    assert csv.status_code == 200
    assert_guarded(csv)
    assert csv.headers["content-disposition"] == f'attachment; filename="mart_growth_daily-{RELEASE}.csv"'
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert csv.content.decode("utf-8-sig").splitlines() == [
        "business_date,scope_type,scope_id,new_members",
        "2026-05-01,all,all,",
        "2026-05-02,all,all,7",
        "2026-05-02,community,'=1+1,3",
    ]
    sheet = load_workbook(io.BytesIO(member.get(f"{URL_PREFIX}/export/{GROWTH}.xlsx?language=zh").content))[GROWTH]
    assert [cell.value for cell in sheet[1]] == ["业务日期", "范围类型", "范围", "新增成员"]
    assert [row[3].value for row in sheet.iter_rows(min_row=2)] == [None, 7, 3]
    parquet = settings.home / "sent.parquet"
    parquet.write_bytes(member.get(f"{URL_PREFIX}/export/{GROWTH}.parquet").content)
    assert duckdb.sql(f"select scope_id, new_members from '{parquet}'").fetchall() == [("all", None), ("all", 7), ("=1+1", 3)]
    assert left_behind() == []


def test_a_file_holds_the_dates_and_the_scope_that_are_asked_for(member: TestClient, settings: Settings) -> None:
    publish_growth(settings)
    asked = f"{URL_PREFIX}/export/{GROWTH}.csv?from=2026-05-02&to=2026-05-02&scope_type=all&scope=all"
    assert member.get(asked).content.decode("utf-8-sig").splitlines()[1:] == ["2026-05-02,all,all,7"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("mart_nothing.csv", 404),
        (f"{GROWTH}.exe", 422),
        (f"{GROWTH}.csv?language=fr", 422),
        (f"{GROWTH}.csv?from=yesterday", 422),
        ("mart_retention.csv", 400),
        (f"{GROWTH}'--.csv", 422),
        ("..%2f..%2fwarehouse.duckdb", 404),
        ("%2e%2e.csv", 422),
    ],
)
def test_what_cannot_be_sent_is_said_without_a_folder_of_the_server(member: TestClient, settings: Settings, path: str, status: int) -> None:
    publish_growth(settings)
    answer = member.get(f"{URL_PREFIX}/export/{path}")
    assert answer.status_code == status
    assert str(settings.home) not in answer.text and tempfile.gettempdir() not in answer.text
    assert_guarded(answer)
    assert left_behind() == []


def test_a_mart_whose_rows_are_persons_is_not_sent(member: TestClient, settings: Settings) -> None:
    publish_growth(settings)
    answer = member.get(f"{URL_PREFIX}/export/dim_member.csv")
    assert (answer.status_code, "ab12" in answer.text) == (403, False)


def test_without_a_login_no_file_is_made(stranger: TestClient, settings: Settings) -> None:
    publish_growth(settings)
    answer = stranger.get(f"{URL_PREFIX}/export/{GROWTH}.csv")
    assert (answer.status_code, "2026-05-01" in answer.text) == (401, False)
    assert_guarded(answer)


def test_before_the_first_release_there_is_no_file(member: TestClient) -> None:
    assert member.get(f"{URL_PREFIX}/export/{GROWTH}.csv").status_code == 404


def test_no_more_files_are_made_at_a_time_than_airflow_can_bear(member: TestClient, settings: Settings) -> None:
    publish_growth(settings)
    for _ in range(EXPORTS_AT_A_TIME):
        assert _exporting.acquire(blocking=False)
    try:
        assert member.get(f"{URL_PREFIX}/export/{GROWTH}.csv").status_code == 503
    finally:
        for _ in range(EXPORTS_AT_A_TIME):
            _exporting.release()
    assert member.get(f"{URL_PREFIX}/export/{GROWTH}.csv").status_code == 200
