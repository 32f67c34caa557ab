from __future__ import annotations

from pathlib import Path

import pytest
from release_workshop import land_orders, new_settings, write_small_site

from community_metrics.dashboard import site
from community_metrics.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with one landed file and a dashboard of one page."""
    monkeypatch.setattr(site, "build_site", write_small_site)
    made = new_settings(tmp_path / "home")
    land_orders(made, 1)
    return made
