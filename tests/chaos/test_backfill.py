"""A backfill of 30 days at once that crashes on the way: it goes on from where it was."""

from __future__ import annotations

import pytest
from chaos_story import DAYS, Story
from exports import drop_day

pytestmark = pytest.mark.chaos

BACKFILLED = range(DAYS + 1, DAYS + 31)


def test_a_backfill_of_thirty_days_that_crashes_in_the_middle(story: Story) -> None:
    home = story.begin_after(DAYS)
    landed = sum(drop_day(home.settings.inbox, day) for day in BACKFILLED)
    home.run()
    expected = home.digest()

    story.begin_after(DAYS)
    with home.read_throughout():
        for day in BACKFILLED[:20]:
            drop_day(home.settings.inbox, day)
        home.run_and_die("community_metrics.landing.inbox:_remove", 50)
        home.run_and_die("community_metrics.landing.ledger:Ledger.record_together", 3)
        home.run_and_die("dbt.adapters.duckdb.connections:DuckDBConnectionManager.add_query", 200)
        for day in BACKFILLED[20:]:
            drop_day(home.settings.inbox, day)
        home.run_and_die("community_metrics.releases.pointer:switch_to")
        home.run()
    assert home.digest() == expected
    home.assert_whole(story.files[DAYS] + landed)
