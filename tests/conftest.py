"""Fixtures of all tests: a home of one's own, and the folder of material beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_metrics.settings import PROJECT_ROOT, Settings
from support.identity_key import ID_KEY


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an empty home, with a fixed pseudonymisation key."""
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", ID_KEY)
    return Settings(home=tmp_path / "home")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real exports and data sets that are not part of the project."""
    path = PROJECT_ROOT.parent / "shared"
    if not path.is_dir():
        pytest.skip(f"needs material that does not come with the project, in {path}")
    return path
