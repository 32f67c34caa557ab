"""The real Chromium of the browser tests, of the dashboard and of Superset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from browser.site_browser import CHROMEDRIVER, CHROMIUM, SiteBrowser

RELEASE_VARIABLE = "COMMUNITY_METRICS_TEST_RELEASE"


def mark_as_browser_tests(items: Sequence[pytest.Item], folder: Path) -> None:
    """All tests below the folder are of `make test-browser`."""
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteBrowser]:
    if not (CHROMIUM.exists() and CHROMEDRIVER.exists()):
        pytest.skip("Chromium is absent: apt-get install chromium chromium-driver fonts-noto-cjk")
    browser = SiteBrowser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.driver.quit()
