"""A file about members rebuilds those of whom it speaks; what it takes along when it is withdrawn comes back."""

from __future__ import annotations

import pytest

from community_metrics.settings import Settings
from support.histories.generator import generate_history
from support.histories.pipeline_home import PipelineHome

# A history with re-joins, inviters who are staff, and persons with ids on several platforms.
SEED = 16


@pytest.mark.laws
def test_memberships_records_and_links_come_and_go(home: Settings) -> None:
    history = generate_history(SEED)
    sources = ("memberships", "members", "identity_links")
    late = {source: next(file for file in history.files if file.source == source) for source in sources}
    built = PipelineHome(home, history.rules)
    built.land([file for file in history.files if file not in late.values()])
    built.build()
    built.publish()
    without = built.every_row()

    # Taken up by a build that no release shows, and withdrawn before the next.
    built.land([late["memberships"]])
    built.build()
    assert built.every_row()["dim_member"] != without["dim_member"]
    built.withdraw(late["memberships"])
    built.build()
    assert built.every_row() == without

    # Who is staff and who is one person changes whose membership and whose channel it is.
    built.land([late["members"], late["identity_links"]])
    built.build()
    built.publish()
    assert built.every_row() != without

    built.withdraw(late["members"])
    built.withdraw(late["identity_links"])
    built.build()
    assert built.every_row() == without
