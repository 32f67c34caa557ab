"""One Superset, one release: that of the bundled exports, or COMMUNITY_METRICS_TEST_RELEASE=<folder of a release>."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bi.superset_server import SupersetServer, superset_server
from community_metrics import pipeline
from community_metrics.settings import PROJECT_ROOT, Settings, load_settings
from support.chromium import RELEASE_VARIABLE, chromium, mark_as_browser_tests

__all__ = ["chromium"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_as_browser_tests(items, Path(__file__).parent)


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
