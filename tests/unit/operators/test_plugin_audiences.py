"""The real pages behind Airflow's login: every link of theirs leads somewhere, and pages for operators are nobody else's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import duckdb
import pytest
from airflow.api_fastapi.app import create_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI
from fastapi.testclient import TestClient

from browser import fixture_release
from community_metrics.dashboard.audiences import audience_of, restricted_paths
from community_metrics.dashboard.layout import ACCESS, PROJECT_DOCS
from community_metrics.dashboard.pages import load_site
from community_metrics.dashboard.site import Beside, build_site
from community_metrics.errors import SettingsError
from community_metrics.settings import Settings
from community_metrics_plugin import URL_PREFIX, _settings, app
from support import many_communities
from support.site_files import spec_of
from unit.dashboard.conftest import copy_dashboards

HTML = {"Accept": "text/html"}
As = Callable[[str], TestClient]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose release shows growth, funnels and runs to operators alone, and has everything that a page may lead to."""
    folder = tmp_path_factory.mktemp("audiences")
    dashboards = copy_dashboards(folder / "dashboards")
    for name in ("growth", "funnels"):
        page = dashboards / "pages" / f"{name}.yml"
        page.write_text("audience: operators\n" + page.read_text(encoding="utf-8"), encoding="utf-8")
    docs = folder / "docs.html"
    docs.write_text("<html><head><title>dbt</title></head><body></body></html>")
    release = folder / "home" / "releases" / "r1"
    release.mkdir(parents=True)
    database = many_communities.write_database(release / "warehouse.duckdb", communities=6)
    beside = Beside(docs, fixture_release.restated(), fixture_release.operations(), fixture_release.validations())
    manifest = fixture_release.manifest()
    manifest["marts"].append({"name": "mart_funnel", "rows": 1, "digest": "a" * 64})
    (release / "manifest.json").write_text(json.dumps(manifest))
    build_site(Settings(home=folder / "home"), database, manifest, release / "site", dashboards, beside)
    (folder / "home" / "published").mkdir()
    (folder / "home" / "published" / "current").symlink_to(release, target_is_directory=True)
    return folder / "home"


@pytest.fixture
def visit(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[As]:
    """The site as somebody with a role of Airflow's own auth manager gets it."""
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(home))
    _settings.cache_clear()
    create_auth_manager()
    server = FastAPI()
    server.mount(URL_PREFIX, app)

    def visit_as(role: str) -> TestClient:
        app.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username="somebody", role=role)
        return TestClient(server, follow_redirects=False)

    yield visit_as
    app.dependency_overrides.clear()
    _settings.cache_clear()


def links_of(text: str) -> set[str]:
    """Addresses of what a page leads to, loads and offers."""
    found = set(re.findall(r'(?:href|src|data-export)="([^"#][^"]*)"', text))
    return {link for link in found if not link.startswith("data:")}


@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_every_link_leads_to_something_that_the_reader_may_see(visit: As, home: Path, role: str) -> None:
    client = visit(role)
    seen: dict[str, int] = {}
    waiting = [f"{URL_PREFIX}/index.html"]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        if "/export/" in address:  # offered; a file of each would take minutes
            seen[address] = 200
            continue
        answer = client.get(address, headers=HTML)
        seen[address] = answer.status_code
        if address.endswith(".html") and answer.status_code == 200 and not address.endswith(PROJECT_DOCS):
            waiting += [urlsplit(urljoin(address, link)).path for link in links_of(answer.text)]
    assert {address: status for address, status in seen.items() if status != 200} == {}
    for path in ("glossary.html", "validations.html", "restatements.html", "trust.html", PROJECT_DOCS):
        assert f"{URL_PREFIX}/{path}" in seen, path
    assert (f"{URL_PREFIX}/operations.html" in seen) == (role == "admin")
    assert (f"{URL_PREFIX}/export/mart_funnel.csv" in seen) == (role == "admin")


@pytest.mark.parametrize(
    "path",
    [
        "operations.html",
        "funnels.html",
        "assets/../operations.html",
        "data/mart_funnel.funnels/0001.js",
        "data/mart_growth_daily.ranking/0001.js",
        "export/mart_funnel.csv",
    ],
)
def test_what_is_for_operators_is_refused_to_a_viewer_and_shown_to_op_and_admin(visit: As, path: str) -> None:
    address = f"{URL_PREFIX}/{path}"
    for method in ("GET",) if "export" in path else ("GET", "HEAD"):
        refused = visit("viewer").request(method, address)
        assert refused.status_code == 403
        assert "mart" not in refused.text and refused.headers["cache-control"] == "no-cache"
    assert {visit(role).get(address).status_code for role in ("op", "admin")} == {200}


def test_a_viewer_who_follows_an_old_link_is_told_why(visit: As) -> None:
    answer = visit("viewer").get(f"{URL_PREFIX}/operations.html", headers=HTML)
    assert answer.status_code == 403
    assert "这一页给运维人员" in answer.text and "This page is for operators" in answer.text
    assert "script" not in answer.text and "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_menu_shows_what_the_reader_may_see_and_no_copy_is_taken_for_the_others(visit: As) -> None:
    index = f"{URL_PREFIX}/index.html"
    viewed, administered = visit("viewer").get(index), visit("admin").get(index)
    for page in ("operations.html", "funnels.html", "growth.html"):
        assert page not in viewed.text and f'<a href="{page}"' in administered.text
    assert '<a href="activity.html"' in viewed.text
    assert viewed.headers["etag"] != administered.headers["etag"]
    assert visit("viewer").get(index, headers={"If-None-Match": administered.headers["etag"]}).status_code == 200
    assert visit("viewer").get(index, headers={"If-None-Match": viewed.headers["etag"]}).status_code == 304
    assert viewed.headers["content-security-policy"] == administered.headers["content-security-policy"]


def test_data_that_a_page_for_everyone_shows_stay_for_everyone(visit: As) -> None:
    """The overview has the members of the day: hiding the page of growth hides them nowhere else."""
    for path in ("data/mart_growth_daily/0001.js", "export/mart_growth_daily.csv"):
        assert visit("viewer").get(f"{URL_PREFIX}/{path}").status_code == 200


def test_what_is_restricted_is_told_to_nobody(visit: As, home: Path) -> None:
    assert visit("admin").get(f"{URL_PREFIX}/{ACCESS}").status_code == 404
    restricted = json.loads((home / "releases" / "r1" / "site" / ACCESS).read_text(encoding="utf-8"))
    assert restricted["operations.html"] == restricted["data/mart_funnel.funnels"] == "operators"
    assert "index.html" not in restricted and "data/mart_growth_daily" not in restricted


def test_a_number_leads_its_readers_to_no_page_that_they_may_not_see(home: Path) -> None:
    site = home / "releases" / "r1" / "site"
    assert spec_of(site / "index.html")["tiles"]["members"]["drill"] is None
    assert spec_of(site / "growth.html")["tiles"]["members"]["drill"]["page"] == "growth.html"


def test_a_site_of_an_older_version_is_for_everyone(visit: As, home: Path) -> None:
    file = home / "releases" / "r1" / "site" / ACCESS
    aside = file.rename(file.with_suffix(".aside"))
    try:
        assert visit("viewer").get(f"{URL_PREFIX}/operations.html").status_code == 200
    finally:
        aside.rename(file)


def test_the_start_of_a_name_is_not_its_folder() -> None:
    restricted = {"data/mart_a": "operators", "operations.html": "operators"}
    assert audience_of("data/mart_a/0001.js", restricted) == "operators"
    assert audience_of("data/mart_ab/0001.js", restricted) == "everyone"
    assert audience_of("operations.html.txt", restricted) == "everyone"


@pytest.mark.parametrize(
    ("page", "audience", "message"),
    [("overview", "operators", "the first page is not for everyone"), ("activity", "managers", "unknown audience 'managers'")],
)
def test_an_audience_that_cannot_be_is_refused(home: Path, tmp_path: Path, page: str, audience: str, message: str) -> None:
    dashboards = copy_dashboards(tmp_path / "dashboards")
    path = dashboards / "pages" / f"{page}.yml"
    path.write_text(f"audience: {audience}\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    marts: dict[str, dict[str, str]] = {}
    with duckdb.connect(str(home / "releases" / "r1" / "warehouse.duckdb"), read_only=True) as connection:
        for mart, column, kind in connection.execute("select table_name, column_name, data_type from duckdb_columns()").fetchall():
            marts.setdefault(mart, {})[column] = kind
    with pytest.raises(SettingsError, match=message):
        load_site(dashboards, marts)


def test_without_restricted_pages_nothing_is_said() -> None:
    assert restricted_paths([]) == {}
