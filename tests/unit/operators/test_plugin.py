"""The dashboard inside Airflow: who sees it, what of the disk it can reach, and what its answers say to a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.api_fastapi.app import create_auth_manager
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI
from fastapi.testclient import TestClient

from community_metrics.settings import PROJECT_ROOT, Settings
from community_metrics_plugin import URL_PREFIX, CommunityMetricsPlugin, _current_release, app


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(tmp_path / "home"))
    _current_release.cache_clear()
    yield Settings(home=tmp_path / "home")
    _current_release.cache_clear()


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
    settings.published.mkdir(exist_ok=True)
    settings.current_release.unlink(missing_ok=True)
    settings.current_release.symlink_to(settings.releases / release_id, target_is_directory=True)


@pytest.mark.parametrize("path", ["", "index.html", "assets/page.js", "no-such-page.html", "docs", "openapi.json"])
def test_without_a_login_there_is_nothing_to_see(stranger: TestClient, settings: Settings, path: str) -> None:
    publish(settings, "r1", "first")
    assert stranger.get(f"{URL_PREFIX}/{path}").status_code == 401


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
    page = settings.releases / "r1" / "site" / "models" / "index.html"
    page.parent.mkdir()
    page.write_text("dbt")
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
    ],
)
def test_nothing_outside_the_site_can_be_reached(member: TestClient, settings: Settings, path: str) -> None:
    publish(settings, "r1", "first")
    (settings.releases / "r1" / "manifest.json").write_text("secret")
    (settings.releases / "r1" / "site" / "link").symlink_to(settings.releases / "r1" / "manifest.json")
    answer = member.get(f"{URL_PREFIX}/{path}")
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_before_the_first_release_a_page_says_so(member: TestClient) -> None:
    answer = member.get(f"{URL_PREFIX}/index.html")
    assert answer.status_code == 404
    assert "Nothing published yet" in answer.text and "还没有发布" in answer.text


def test_every_answer_carries_the_security_headers(member: TestClient, settings: Settings) -> None:
    publish(settings, "r1", "first")
    for path in ("index.html", "nothing-there.html"):
        headers = member.get(f"{URL_PREFIX}/{path}").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-cache"
        assert "default-src 'none'" in headers["content-security-policy"]


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
