"""A clock that jumps: releases stay in order, what readers see stays, and no number depends on the hour of a run."""

from __future__ import annotations

import pytest
from chaos_story import DAYS, Story
from exports import drop_day

from community_metrics.releases.history import events
from community_metrics.releases.pointer import current_release_id

pytestmark = pytest.mark.chaos


def test_a_clock_that_goes_back_a_year_and_then_on_for_two(story: Story) -> None:
    home = story.begin_after(DAYS - 2)
    first = current_release_id(home.settings)
    with home.read_throughout():
        drop_day(home.settings.inbox, DAYS - 1)
        home.run(clock_days=-365)
        assert home.digest() == story.digests[DAYS - 1]
        assert events(home.settings)[-1].at < events(home.settings)[0].at

        # Two years later the first release is beyond the retention, and the run that removes it is killed on the way.
        drop_day(home.settings.inbox, DAYS)
        home.run_and_die("community_metrics.releases.retention:forget_lease", clock_days=730)
        assert [folder.name for folder in home.settings.releases.glob(".expired-*")] == [f".expired-{first}"]
        home.run()
        assert "nothing new" in home.run(clock_days=-365).out
    assert len(events(home.settings)) == DAYS
    story.assert_as_undisturbed(DAYS)
