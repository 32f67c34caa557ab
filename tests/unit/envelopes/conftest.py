"""Files for the envelope tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from envelope_files import LIMITS, Open, Refusal

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes import Envelope, open_tables


@pytest.fixture
def open_bytes(tmp_path: Path) -> Open:
    """Open content that has landed under a name that tells nothing."""

    def opened(content: bytes, limits: Limits = LIMITS) -> Envelope:
        path = tmp_path / "0f3a"
        path.write_bytes(content)
        return open_tables(path, "export.dat", limits)

    return opened


@pytest.fixture
def refusal(open_bytes: Open) -> Refusal:
    """The error with which content is refused, at the latest when it is read."""

    def refused(content: bytes, limits: Limits = LIMITS) -> InputError:
        with pytest.raises(InputError) as caught:
            for table in open_bytes(content, limits).tables:
                table.read()
        assert "export.dat" in str(caught.value)
        return caught.value

    return refused
