"""Member lists and chat exports through the real pipeline: every row is what plain loops over the lists and messages say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from community_metrics.settings import Settings
from support.histories.comparison import differences
from support.histories.files import Style, export_file
from support.histories.generator import DEFINITIONS
from support.histories.lists_and_chats import TIMEZONE, generate_list_history
from support.histories.pipeline_home import PipelineHome
from support.naive.activity import Mart, activity_daily, activity_hourly, lifecycle
from support.naive.lists import growth_of_lists, read_list_facts
from support.naive.marts import GRAINS
from support.naive.presence import Presences
from support.naive.records import Event, NativeId, Rules
from support.naive.retention import retention

ACTIVE = frozenset({"message", "reply", "reaction"})
RULES = Rules(TIMEZONE, 0, ACTIVE, ACTIVE - {"reaction"}, tuple(d for d in DEFINITIONS if d.entry != "join"))


def check(home: Settings, seed: int, in_parts: bool) -> None:
    history = generate_list_history(seed)
    built = PipelineHome(replace(home, home=home.home / str(seed)), RULES)
    if in_parts:
        half = len(history.pages) // 2
        built.land_pages(history.pages[:half])
        built.build()
        built.publish()
        built.land_pages(history.pages[half:])
    else:
        built.land_pages(history.pages)
    built.build()
    facts, seen = read_list_facts(history, RULES)
    presences = Presences(facts)
    expected: dict[str, Mart] = {
        "mart_growth_daily": growth_of_lists(history, facts, seen, presences),
        "mart_activity_daily": activity_daily(facts, presences),
        "mart_activity_hourly": activity_hourly(facts),
        "mart_lifecycle": lifecycle(facts, presences),
        "mart_retention": retention(facts, presences),
    }
    lines = [line for mart, rows in expected.items() for line in differences(mart, rows, built.rows(mart, GRAINS[mart]))]
    assert not lines, f"generate_list_history({seed}): {len(lines)} differences\n" + "\n".join(lines[:30])
    assert any(row["members_at_end"] is None for row in expected["mart_growth_daily"].values())
    assert any(row["censored_leaves"] for row in expected["mart_growth_daily"].values())


def test_lists_and_a_chat(home: Settings) -> None:
    check(home, 1, in_parts=False)


@pytest.mark.laws
@pytest.mark.parametrize("seed", range(2, 8))
def test_many_lists_and_chats_in_two_parts(home: Settings, seed: int) -> None:
    check(home, seed, in_parts=True)


@pytest.mark.laws
def test_a_platform_is_known_as_far_as_each_source_that_tells_of_it(home: Settings) -> None:
    built = PipelineHome(home, RULES)
    built.land_pages([page for page in generate_list_history(1).pages if page.source == "chat_export"])
    built.build()
    assert last_date(built, "telegram") == date(2026, 10, 2)

    anna = NativeId("telegram", "", "native", "anna")
    said = Event(event_id="e", member=anna, occurred_at=datetime(2026, 9, 19, 4, tzinfo=UTC), event_type="message")
    built.land([export_file("elsewhere", "events", [said], Style(), period=date(2026, 9, 20))])
    built.build()
    # What was said elsewhere on the 21st is not known yet.
    assert last_date(built, "telegram") == date(2026, 9, 20)


def last_date(built: PipelineHome, platform: str) -> date:
    rows = built.rows("mart_activity_daily", GRAINS["mart_activity_daily"])
    return max(day for day, *scope in rows if scope == ["platform", platform])
