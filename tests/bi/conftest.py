"""One Superset, one release: that of the bundled exports, or COMMUNITY_METRICS_TEST_RELEASE=<folder of a release>."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bi.superset_server import SupersetServer, superset_server
from browser.site_browser import CHROMEDRIVER, CHROMIUM, SiteBrowser
from community_metrics import pipeline
from community_metrics.settings import PROJECT_ROOT, Settings, load_settings

RELEASE_VARIABLE = "COMMUNITY_METRICS_TEST_RELEASE"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with a release."""
    made = load_settings(home=tmp_path_factory.mktemp("home"), environ={})
    given = os.environ.get(RELEASE_VARIABLE)
    if given:
        made.published.mkdir(parents=True)
        made.releases.mkdir(parents=True, exist_ok=True)
        shutil.copytree(Path(given).resolve(), made.releases / Path(given).resolve().name)
        made.current_release.symlink_to(Path("..") / "releases" / Path(given).resolve().name)
        return made
    shutil.copytree(PROJECT_ROOT / "examples" / "exports", made.inbox)
    assert pipeline.run(made).outcome == "published"
    return made


@pytest.fixture(scope="session")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupersetServer]:
    with superset_server(tmp_path_factory.mktemp("superset")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteBrowser]:
    if not (CHROMIUM.exists() and CHROMEDRIVER.exists()):
        pytest.skip("Chromium is absent: apt-get install chromium chromium-driver fonts-noto-cjk")
    browser = SiteBrowser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.driver.quit()
