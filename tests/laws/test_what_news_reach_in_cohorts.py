"""Who entered on another date, or whose return becomes known, is counted in the cohort where it belongs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from community_metrics.settings import Settings
from laws.test_late_news import ALL, ANNA, RULES, Story, message
from support.histories.comparison import differences
from support.histories.files import Style, export_file
from support.histories.lists_and_chats import ListHistory, chat_export
from support.histories.pipeline_home import PipelineHome
from support.naive.marts import GRAINS
from support.naive.records import Membership, NativeId

CLEO = NativeId("p", "", "native", "cleo")


@pytest.fixture
def story(home: Settings) -> Story:
    return Story(PipelineHome(home, RULES))


def returns(story: Story, definition: str, name: str = "retained_members", grain: str = "day") -> dict[tuple[date, int], int]:
    """Of the cohorts of a grain, by cohort and index; what is not 0."""
    rows = story.built.rows("mart_retention", GRAINS["mart_retention"])
    return {key[2:4]: row[name] for key, row in rows.items() if (*key[:2], *key[4:]) == (definition, grain, *ALL) and row[name]}


@pytest.mark.laws
def test_returns_follow_who_entered_earlier_than_was_known(story: Story) -> None:
    story.tell("events", [message("first", ANNA, date(2026, 9, 2)), message("back", ANNA, date(2026, 9, 7))], 1)
    story.build()
    assert returns(story, "activity") == {(date(2026, 9, 2), 0): 1, (date(2026, 9, 2), 5): 1}

    # Of the day of the return there is no news.
    story.tell("events", [message("late", ANNA, date(2026, 9, 1))], 2)
    story.build()
    first = date(2026, 9, 1)
    assert returns(story, "activity") == {(first, 0): 1, (first, 1): 1, (first, 6): 1}


@pytest.mark.laws
def test_returns_follow_who_joined_earlier_than_was_known(story: Story) -> None:
    joined = Membership(member=ANNA, community="g", joined_at=datetime(2026, 9, 2, 2, tzinfo=UTC))
    story.tell("events", [message("begin", CLEO, date(2026, 8, 1)), message("back", ANNA, date(2026, 9, 7))], 1)
    # What is known of memberships begins with Cleo, whatever becomes of Anna's.
    story.tell("memberships", [replace(joined, member=CLEO, joined_at=datetime(2026, 8, 15, 2, tzinfo=UTC)), joined], 1)
    story.build()
    cleo = {(date(2026, 8, 15), 0): 1}
    assert returns(story, "member") == cleo | {(date(2026, 9, 2), 0): 1, (date(2026, 9, 2), 5): 1}

    taken_back = replace(joined, is_deleted=True, updated_at=datetime(2026, 11, 2, tzinfo=UTC))
    story.tell("memberships", [taken_back, replace(joined, joined_at=datetime(2026, 9, 1, 2, tzinfo=UTC))], 2)
    story.build()
    assert returns(story, "member") == cleo | {(date(2026, 9, 1), 0): 1, (date(2026, 9, 1), 6): 1}


@pytest.mark.laws
# The first of the days that become known, and a later one.
@pytest.mark.parametrize("days_later", [2, 6])
def test_a_return_counts_when_its_day_becomes_known(story: Story, days_later: int) -> None:
    rows = [message("first", ANNA, date(2026, 10, 19)), message("back", ANNA, date(2026, 10, 19 + days_later))]
    story.built.land([export_file("early", "events", rows, Style(), datetime(2026, 11, 1, tzinfo=UTC), date(2026, 10, 20))])
    story.build()
    assert returns(story, "activity", "retained_members_within") == {}

    # Nothing is told of her; somebody else's file goes further.
    story.tell("events", [message("other", CLEO, date(2026, 10, 1))], 2)
    story.build()
    # Within is "in any of periods 1..n": from the day of the return on, as far as periods are over, which is six days.
    assert returns(story, "activity", "retained_members_within") == {(date(2026, 10, 19), index): 1 for index in range(days_later, 7)}


@pytest.mark.laws
@pytest.mark.parametrize(
    ("first", "late", "back"),
    [
        (date(2026, 8, 31), date(2026, 9, 15), date(2026, 9, 17)),
        # A week of two months.
        (date(2026, 9, 14), date(2026, 9, 29), date(2026, 10, 1)),
    ],
)
def test_a_member_who_came_earlier_in_a_week_or_month_returned_once_in_it(story: Story, first: date, late: date, back: date) -> None:
    story.tell("events", [message("first", ANNA, first), message("back", ANNA, back)], 1)
    story.build()

    # Of the day on which she was the first time back so far there is no news.
    story.tell("events", [message("late", ANNA, late)], 2)
    story.build()
    month = first.replace(day=1)
    assert returns(story, "activity", grain="week") == {(first, 0): 1, (first, 2): 1}
    assert returns(story, "activity", grain="month") == {(month, 0): 1, (month, 1): 1}


@pytest.mark.laws
def test_who_comes_back_later_is_the_same_member_of_the_cohort(story: Story) -> None:
    """Of what is known of her the first presence stays as it is; the second one is the news. The day on which she leaves still counts."""
    first = Membership(
        member=ANNA, community="g", joined_at=datetime(2026, 9, 2, 2, tzinfo=UTC), left_at=datetime(2026, 9, 5, 2, tzinfo=UTC)
    )
    story.tell("memberships", [first], 1)
    story.build()
    joined = date(2026, 9, 2)
    assert returns(story, "membership") == {(joined, index): 1 for index in (0, 1, 2, 3)}

    second = replace(first, joined_at=datetime(2026, 9, 7, 2, tzinfo=UTC), left_at=datetime(2026, 9, 9, 2, tzinfo=UTC))
    story.tell("memberships", [second], 2)
    story.build()
    assert returns(story, "membership") == {(joined, index): 1 for index in (0, 1, 2, 3, 5, 6, 7)}
    assert set(returns(story, "membership", "cohort_members").values()) == {1}
    assert returns(story, "membership", "retained_members_rolling") == {(joined, index): 1 for index in range(8)}


@pytest.mark.laws
def test_returns_before_anything_was_known_of_memberships_count_when_something_is(story: Story) -> None:
    """A chat tells who came and who wrote; how far memberships are known, only a file of memberships tells."""
    chat = ListHistory(0)
    chat.joins.append(("user1", datetime(2026, 9, 5, 4, tzinfo=UTC)))
    chat.messages.extend(
        (number, member, datetime(2026, month, day, 4, tzinfo=UTC), False)
        for number, (member, month, day) in enumerate([("user1", 9, 8), ("user2", 10, 12), ("user2", 10, 30)], start=2)
    )
    story.built.land_pages([chat_export(chat, datetime(2026, 11, 1, tzinfo=UTC))])
    story.build()
    assert returns(story, "member", "retained_members_within") == {}

    cleo = NativeId("telegram", "", "native", "cleo")
    story.tell("memberships", [Membership(member=cleo, community="g", joined_at=datetime(2026, 10, 10, 4, tzinfo=UTC))], 2)
    story.build()
    assert returns(story, "member", "retained_members")[date(2026, 9, 5), 3] == 1
    rows = story.built.rows("mart_retention", GRAINS["mart_retention"])
    story.built.build(full_refresh=True)
    assert differences("mart_retention", story.built.rows("mart_retention", GRAINS["mart_retention"]), rows) == []
