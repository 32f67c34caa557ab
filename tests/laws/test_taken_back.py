"""Files come late, out of order, and are taken back: each time the marts say what the second implementation says, and in the end a rebuild.

Directed where the random sequences are blind: what is kept by member (cohorts, returns, funnels, lifecycle) has to forget entries and
returns, move a first date both ways, and learn of scopes and days that were not known.
"""

from __future__ import annotations

import pytest

from community_metrics.settings import Settings
from support.histories.files import ExportFile
from support.traps import Traps


@pytest.mark.laws
def test_late_files_and_files_taken_back(home: Settings) -> None:
    traps = Traps(home.home)
    # Of each source that fills cohorts one file that holds early dates comes last: first dates move back by it.
    late = [next(file for file in traps.files if file.source == source) for source in ("memberships", "events", "orders")]
    traps.land([file for file in traps.files if file not in late])
    _settle(traps)
    for file in late:
        traps.land([file])
        _settle(traps)
    for source in ("events", "memberships"):
        traps.take_back(_greatest(traps, source))
        _settle(traps)
    traps.land_news()
    _settle(traps)
    incremental = traps.home.every_row()
    traps.home.build(full_refresh=True)
    assert incremental == traps.home.every_row()


def _settle(traps: Traps) -> None:
    traps.home.build()
    assert traps.differences(traps.expected()) == []
    traps.home.publish()


def _greatest(traps: Traps, source: str) -> ExportFile:
    return max((file for file in traps.landed if file.source == source), key=lambda file: len(file.rows))
