from __future__ import annotations

from pathlib import Path

import pytest

from support.intake import Intake


@pytest.fixture
def intake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Intake:
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "a key for tests")
    return Intake(tmp_path)
