"""The site of a fixture release in real Chromium; with COMMUNITY_METRICS_TEST_RELEASE=<folder of a release>, of that one too."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from browser import fixture_release
from browser.site_browser import SiteBrowser, served
from community_metrics.dashboard.site import Beside, build_site
from community_metrics.settings import Settings
from community_metrics.warehouse.project_docs import make_project_docs
from support.chromium import RELEASE_VARIABLE, chromium, mark_as_browser_tests

__all__ = ["chromium"]


@dataclass(frozen=True)
class Release:
    site: Path
    database: Path
    manifest: dict[str, Any]

    def address(self, page: str) -> str:
        return f"{self.site.as_uri()}/{page}"

    @property
    def pages(self) -> list[str]:
        return sorted(path.name for path in self.site.glob("*.html"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_as_browser_tests(items, Path(__file__).parent)


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("made_up")
    database = fixture_release.write_database(folder / "warehouse.duckdb")
    manifest = fixture_release.manifest()
    beside = Beside(make_project_docs(), fixture_release.restated(), fixture_release.operations(), fixture_release.validations())
    build_site(
        Settings(home=folder / "home"),
        database,
        manifest,
        folder / "site",
        beside=beside,
    )
    return Release(folder / "site", database, manifest)


@pytest.fixture(scope="session", params=["made up", "given"])
def release(request: pytest.FixtureRequest) -> Release:
    if request.param == "made up":
        made: Release = request.getfixturevalue("made_up")
        return made
    given = os.environ.get(RELEASE_VARIABLE)
    if not given:
        pytest.skip(f"no other release given: set {RELEASE_VARIABLE} to a release's folder")
    folder = Path(given).resolve()
    return Release(folder / "site", folder / "warehouse.duckdb", json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


@pytest.fixture
def browser(chromium: SiteBrowser, made_up: Release) -> SiteBrowser:
    """Chromium with a desktop's width, a Chinese reader, nothing else remembered and nothing in its logs."""
    chromium.wide(1360)
    chromium.open(made_up.address("index.html"))
    chromium.script("localStorage.clear()")
    chromium.remember(language="zh")
    chromium.errors()
    chromium.requests()
    return chromium


@pytest.fixture(scope="session")
def server(made_up: Release) -> Iterator[str]:
    with served(made_up.site) as address:
        yield address
