"""Cases that are easily got wrong, each with the numbers that are right, read off one built story and off what follows from it."""

from __future__ import annotations

from datetime import date
from typing import Any

from support.declared_story import PAGES, Story

(SEGMENTS,) = PAGES["adding-a-segment.md"].queries
CAMPAIGN = PAGES["adding-a-retention.md"].queries[1]
WEEK = date(2026, 9, 21)


def day(story: Story, mart: str, columns: str, business_date: str) -> tuple[Any, ...]:
    query = f"select {columns} from marts.{mart} where scope_type = 'all' and business_date = '{business_date}'"
    (row,) = story.rows(query)
    return row


def test_a_day_ends_at_midnight_in_shanghai(story: Story) -> None:
    assert day(story, "mart_activity_daily", "dau, messages", "2026-09-20") == (2, 4)
    assert day(story, "mart_activity_daily", "dau, messages", "2026-09-21") == (1, 1)


def test_who_joins_long_before_the_first_message_is_not_new_when_it_comes(story: Story) -> None:
    """The week of the 21st: Cem has just come; Ann was there the week before; Eve joined in August and is back; Hal fell asleep."""
    query = (
        "select new, retained, resurrected, dormant, active from marts.mart_lifecycle where scope_type = 'all' and period_grain = 'week'"
    )
    assert story.rows(f"{query} and period_start = '2026-09-21'") == [(1, 1, 1, 1, 3)]


def test_who_comes_back_is_rejoined_and_not_new(story: Story) -> None:
    flows = "new_members, rejoined_members, left_members, members_at_end"
    assert day(story, "mart_growth_daily", flows, "2026-08-25") == (7, 0, 0, 7)
    assert day(story, "mart_growth_daily", flows, "2026-09-10") == (0, 0, 1, 6)
    assert day(story, "mart_growth_daily", flows, "2026-09-22") == (1, 0, 0, 7)
    assert day(story, "mart_growth_daily", flows, "2026-09-23") == (0, 0, 1, 6)
    assert day(story, "mart_growth_daily", flows, "2026-09-25") == (0, 1, 0, 7)


def test_segments_by_activity_count_those_who_are_there_and_give_newcomers_time(story: Story) -> None:
    """Active: Ann, Cem, Eve. Silent: Bea, Hal and Fay, who came back two days ago. Lost: Dan, in for a month without a word."""
    query = "select segment, members, present_members from marts.mart_segments where segment_set = 'activity' and scope_type = 'all'"
    week = f"{query} and period_grain = 'week' order by segment_position"
    assert story.rows(week) == [("active", 3, 7), ("silent", 3, 7), ("lost", 1, 7)]


def test_a_set_whose_look_back_is_not_observed_has_no_row(story: Story) -> None:
    assert story.rows("select distinct segment_set, period_grain from marts.mart_segments order by 1") == [
        ("activity", "week"),
        ("habit", "week"),
    ]


def test_days_of_the_calendar_week_and_month_and_weeks_of_the_month(story: Story) -> None:
    query = """
        select window_grain, period_grain, active_periods, members from marts.mart_stickiness
        where scope_type = 'all' and members > 0 and window_start in ('2026-09-01', '2026-09-21') and window_grain in ('week', 'month')
        order by all
    """
    assert story.rows(query) == [
        # September: Cem, Eve and Hal once; Bea and Gus twice; Ann three times.
        ("month", "day", 1, 3),
        ("month", "day", 2, 2),
        ("month", "day", 3, 1),
        # Ann in the weeks of the 14th and of the 21st, everybody else in one.
        ("month", "week", 1, 5),
        ("month", "week", 2, 1),
        # The week of the 21st: Cem and Eve once, Ann on Monday and Thursday.
        ("week", "day", 1, 2),
        ("week", "day", 2, 1),
    ]


def test_a_make_up_workday_is_a_sunday_on_which_people_work(story: Story) -> None:
    query = "select weekday, is_weekend, is_workday from marts.dim_date where business_date = '2026-09-20'"
    assert story.rows(query) == [(7, True, True)]


def test_ids_that_are_parted_again_count_as_two_everywhere(story: Story, parted: Story) -> None:
    assert day(story, "mart_activity_daily", "dau, messages", "2026-09-20") == (2, 4)
    assert day(parted, "mart_activity_daily", "dau, messages", "2026-09-20") == (3, 4)
    assert day(parted, "mart_growth_daily", "members_at_end", "2026-09-25") == (8,)
    assert parted.rows(SEGMENTS) == [(WEEK, "core", 2, 8), (WEEK, "fading", 4, 8), (WEEK, "rest", 2, 8)]
    assert parted.rows(CAMPAIGN) == [(1, 4, 5), (2, 0, 1), (3, 1, 1), (4, 0, 0), (5, 0, 0)]
    # Neither of them wrote twice.
    assert parted.rows(CAMPAIGN.replace("'autumn_campaign'", "'autumn_campaign_talk'"))[:2] == [(1, 0, 1), (2, 1, 1)]
