"""What the chaos tests share: one story, told once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chaos_story import Story, tell

from support.identity_key import ID_KEY


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The undisturbed story, and the key that every process of these tests uses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMUNITY_METRICS_ID_KEY", ID_KEY)
        yield tell(tmp_path_factory.mktemp("chaos"))
