"""The benchmark's generated exports: the same for the same numbers, and shaped like the input contracts."""

from __future__ import annotations

from datetime import date

import pyarrow.compute as pc

from benchmarks.story import Story

STORY = Story(days=24, events_per_day=200, members=40, communities=6)


def test_the_same_numbers_generate_the_same_rows() -> None:
    again = Story(days=24, events_per_day=200, members=40, communities=6)
    assert STORY.events(5).equals(again.events(5))
    assert STORY.corrected_events(5).equals(again.corrected_events(5))
    assert STORY.memberships(5).equals(again.memberships(5))
    assert STORY.identity_links().equals(again.identity_links())


def test_one_day_holds_its_own_events_and_repeats_some_of_them() -> None:
    events = STORY.events(5)
    assert len(events) == 206
    assert len(events["event_id"].unique()) == 200
    assert pc.min_max(events["occurred_at"].cast("date32")).as_py() == {"min": date(2026, 1, 10), "max": date(2026, 1, 10)}


def test_days_differ() -> None:
    assert not STORY.events(5)["member_id"].equals(STORY.events(6)["member_id"])


def test_a_correction_changes_the_type_of_a_few_events_and_nothing_else() -> None:
    before, after = STORY.events(5).slice(0, 200), STORY.corrected_events(5)
    is_newer = pc.is_valid(after["updated_at"])
    assert 0 < pc.sum(is_newer).as_py() < 20
    assert set(after.filter(is_newer)["event_type"].to_pylist()) == {"share"}
    untouched = ["event_id", "occurred_at", "platform", "member_id", "community_id"]
    assert after.select(untouched).equals(before.select(untouched))


def test_every_member_joins_once_and_before_their_first_event() -> None:
    joined: set[str] = set()
    for day in range(STORY.days):
        joined |= set(STORY.memberships(day)["member_id"].to_pylist())
        present = {member[1:] for member in joined}
        assert {member[1:] for member in STORY.events(day)["member_id"].to_pylist()} <= present
    assert len(joined) == 40


def test_a_community_belongs_to_one_platform() -> None:
    events = STORY.events(3)
    pairs = set(zip(events["platform"].to_pylist(), events["community_id"].to_pylist(), strict=True))
    assert len({community for _, community in pairs}) == len(pairs)
    assert {platform for platform, _ in pairs} == {"miniapp", "discord"}
