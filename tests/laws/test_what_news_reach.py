"""Figures of days that no news are of: what a change reaches there, where nothing else would have them rebuilt.

Each story holds one change that only one rule of what is to be rebuilt finds; in larger ones another rule finds it too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from community_metrics.settings import Settings
from laws.test_late_news import ALL, ANNA, RULES, Story, message
from support.histories.funnels import MESSAGE
from support.histories.pipeline_home import PipelineHome
from support.naive.marts import GRAINS
from support.naive.records import Funnel, MemberRecord, Membership, NativeId

# In all scopes of Anna, so that nothing begins, ends or is counted elsewhere because of her alone.
CLEO = NativeId("p", "", "native", "cleo")


@pytest.fixture
def story(home: Settings) -> Story:
    return Story(PipelineHome(home, RULES))


def lifecycle(story: Story, name: str) -> dict[tuple[str, date], int]:
    """What is not 0, by grain and first day of the period."""
    rows = story.built.rows("mart_lifecycle", GRAINS["mart_lifecycle"])
    return {key[:2]: row[name] for key, row in rows.items() if key[2:] == ALL and row[name]}


def stay(member: NativeId, left: datetime | None, corrected_on: int | None = None) -> Membership:
    return Membership(
        member=member,
        community="g",
        joined_at=datetime(2026, 9, 1, 2, tzinfo=UTC),
        left_at=left,
        updated_at=datetime(2026, 11, corrected_on, tzinfo=UTC) if corrected_on else None,
    )


@pytest.mark.laws
def test_who_was_active_late_is_dormant_in_the_period_after(story: Story) -> None:
    story.tell("events", [message("first", ANNA, date(2026, 8, 3))], 1)
    story.build()
    before = {("day", date(2026, 8, 4)): 1, ("week", date(2026, 8, 10)): 1, ("month", date(2026, 9, 1)): 1}
    assert lifecycle(story, "dormant") == before

    story.tell("events", [message("late", ANNA, date(2026, 9, 10))], 2)
    story.build()
    # In September she is active now: it is October in which a month's absence begins.
    assert lifecycle(story, "dormant") == {
        ("day", date(2026, 8, 4)): 1,
        ("day", date(2026, 9, 11)): 1,
        ("week", date(2026, 8, 10)): 1,
        ("week", date(2026, 9, 14)): 1,
        ("month", date(2026, 10, 1)): 1,
    }


@pytest.mark.laws
def test_who_was_active_before_their_first_day_is_new_then_and_no_longer_later(story: Story) -> None:
    # What is known begins with Cleo.
    story.tell("events", [message("cleo", CLEO, date(2026, 6, 1)), message("first", ANNA, date(2026, 9, 2))], 1)
    story.build()
    new_cleo = {("day", date(2026, 6, 1)): 1, ("week", date(2026, 6, 1)): 1, ("month", date(2026, 6, 1)): 1}
    assert lifecycle(story, "new") == new_cleo | {
        ("day", date(2026, 9, 2)): 1,
        ("week", date(2026, 8, 31)): 1,
        ("month", date(2026, 9, 1)): 1,
    }

    # Two months earlier: not even the period after the late event's is one of her later day.
    story.tell("events", [message("late", ANNA, date(2026, 7, 8))], 2)
    story.build()
    assert lifecycle(story, "new") == new_cleo | {
        ("day", date(2026, 7, 8)): 1,
        ("week", date(2026, 7, 6)): 1,
        ("month", date(2026, 7, 1)): 1,
    }
    assert lifecycle(story, "resurrected") == {
        ("day", date(2026, 9, 2)): 1,
        ("week", date(2026, 8, 31)): 1,
        ("month", date(2026, 9, 1)): 1,
    }


@pytest.mark.laws
def test_who_stayed_in_place_of_another_is_present_on_the_days_of_their_activity(story: Story) -> None:
    left, active = datetime(2026, 10, 10, 2, tzinfo=UTC), date(2026, 10, 20)
    story.tell("events", [message("a1", ANNA, date(2026, 9, 1)), message("c1", CLEO, date(2026, 9, 1)), message("a2", ANNA, active)], 1)
    story.tell("memberships", [stay(ANNA, left), stay(CLEO, None)], 1)
    story.build()
    assert present(story, active) == {"dau": 1, "present_members": 1, "active_present_members": 0, "active_rate": 0}
    assert segments_of_october(story) == {"lost": 1}

    # One left, as before: joins, leaves and the number of members are the same on every day.
    story.tell("memberships", [stay(ANNA, None, corrected_on=2), stay(CLEO, left, corrected_on=2)], 2)
    story.build()
    assert present(story, active) == {"dau": 1, "present_members": 1, "active_present_members": 1, "active_rate": 1}
    assert segments_of_october(story) == {"silent": 1}


def present(story: Story, day: date) -> dict[str, Any]:
    row = story.daily()[day]
    return {name: row[name] for name in ("dau", "present_members", "active_present_members", "active_rate")}


def segments_of_october(story: Story) -> dict[str, int]:
    rows = story.built.rows("mart_segments", GRAINS["mart_segments"])
    october = ("activity", "month", date(2026, 10, 1))
    return {key[3]: row["members"] for key, row in rows.items() if key[:3] == october and key[4:] == ALL and row["members"]}


@pytest.mark.laws
def test_who_turns_out_to_be_staff_was_never_a_member(story: Story) -> None:
    story.tell("memberships", [stay(ANNA, None), stay(CLEO, None)], 1)
    story.build()
    assert growth(story, "members_at_end")[date(2026, 10, 31)] == 2

    story.tell("members", [MemberRecord(member=ANNA, actor_type="staff")], 2)
    story.build()
    assert growth(story, "members_at_end")[date(2026, 10, 31)] == 1
    assert growth(story, "joins") == {date(2026, 9, 1): 1}


@pytest.mark.laws
def test_who_came_another_way_joined_all_communities_of_a_stay_that_way(story: Story) -> None:
    later = datetime(2026, 9, 5, 2, tzinfo=UTC)
    story.tell("memberships", [replace(stay(ANNA, None), channel="paid"), replace(stay(ANNA, None), community="h", joined_at=later)], 1)
    story.build()
    joins = {date(2026, 9, 1): 1, date(2026, 9, 5): 1}
    assert growth(story, "joins", ("channel", "paid")) == joins

    # Only what is known of the first entry changes; in the second community nobody's presence begins.
    story.tell("memberships", [replace(stay(ANNA, None, corrected_on=2), channel="kol")], 2)
    story.build()
    assert growth(story, "joins", ("channel", "kol")) == joins
    assert growth(story, "joins", ("channel", "paid")) == {}


@pytest.mark.laws
def test_who_came_another_way_did_of_all_time_what_they_did_that_way(home: Settings) -> None:
    story = Story(PipelineHome(home, replace(RULES, funnels=(Funnel("twice", ((MESSAGE,), (MESSAGE,)), timedelta(days=9)),))))
    story.tell("memberships", [replace(stay(ANNA, None), channel="paid")], 1)
    story.tell("events", [message("first", ANNA, date(2026, 9, 8)), message("second", ANNA, date(2026, 9, 9))], 1)
    story.build()
    both_steps = {("all", 1): 1, ("all", 2): 1, ("month", 1): 1, ("month", 2): 1}
    assert reached(story, "paid") == both_steps

    # Of what she did there is no news.
    story.tell("memberships", [replace(stay(ANNA, None, corrected_on=2), channel="kol")], 2)
    story.build()
    assert reached(story, "kol") == both_steps
    assert reached(story, "paid") == {}


def reached(story: Story, channel: str) -> dict[tuple[str, int], int]:
    """Of the months and of all time of the one funnel, by period grain and step."""
    rows = story.built.rows("mart_funnel", GRAINS["mart_funnel"])
    of_channel = {(key[1], key[3]): row["reached_members"] for key, row in rows.items() if key[4:] == ("channel", channel)}
    return {(grain, step): members for (grain, step), members in of_channel.items() if grain in ("all", "month")}


def growth(story: Story, name: str, scope: tuple[str, str] = ALL) -> dict[date, int]:
    return {day: row[name] for day, row in story.daily("mart_growth_daily", scope).items() if row[name]}
