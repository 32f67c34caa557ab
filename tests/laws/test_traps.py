"""The history that the mutations are tried on: built at once, and brought up to date with news, it is what it should be."""

from __future__ import annotations

from community_metrics.settings import Settings
from support.traps import Traps


def test_the_history_of_traps_and_news_of_its_last_weeks(home: Settings) -> None:
    traps = Traps(home.home)
    traps.land_history()
    traps.home.build()
    expected = traps.expected()
    assert all(expected.values()), "a mart without rows shows nothing"
    assert traps.differences(expected) == []
    traps.home.publish()
    traps.land_news()
    traps.home.build()
    with_news = traps.expected()
    assert with_news != expected
    assert traps.differences(with_news) == []
