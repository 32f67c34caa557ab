"""What arrives late changes the past as far as it reaches, and no further."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from community_metrics.settings import Settings
from support.histories.files import ExportFile, Style, export_file
from support.histories.generator import DEFINITIONS
from support.histories.pipeline_home import PipelineHome
from support.naive.marts import GRAINS
from support.naive.records import Event, Link, NativeId, Record, Rules

ALL = ("all", "all")
RULES = Rules("Asia/Shanghai", 0, frozenset({"message"}), frozenset({"message"}), DEFINITIONS)
ANNA, BELA = NativeId("p", "", "native", "anna"), NativeId("q", "", "native", "bela")
PERIOD = date(2026, 10, 31)


def message(event_id: str, member: NativeId, day: date, updated_at: datetime | None = None, is_deleted: bool = False) -> Event:
    return Event(
        event_id=event_id,
        member=member,
        occurred_at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC),
        event_type="message",
        community="g",
        updated_at=updated_at,
        is_deleted=is_deleted,
    )


class Story:
    """One home to which news come; after each piece the marts are built as they would be for a release."""

    def __init__(self, built: PipelineHome) -> None:
        self.built = built
        self.number = 0

    def tell(self, source: str, rows: list[Record], day: int) -> None:
        self.number += 1
        snapshot_at = datetime(2026, 11, day, tzinfo=UTC)
        news: ExportFile = export_file(f"news-{self.number}", source, rows, Style(), snapshot_at, PERIOD)
        self.built.land([news])

    def build(self) -> None:
        self.built.build()
        self.built.publish()

    def daily(self, mart: str = "mart_activity_daily", scope: tuple[str, str] = ALL) -> dict[date, dict[str, Any]]:
        rows = self.built.rows(mart, GRAINS[mart])
        return {key[0]: row for key, row in rows.items() if key[1:] == scope}


@pytest.fixture
def story(home: Settings) -> Story:
    told = Story(PipelineHome(home, RULES))
    told.tell(
        "events",
        [message("first", ANNA, date(2026, 9, 1)), message("b1", BELA, date(2026, 9, 1)), message("b2", BELA, date(2026, 10, 20))],
        1,
    )
    told.build()
    return told


def changed(before: dict[date, dict[str, Any]], after: dict[date, dict[str, Any]]) -> set[date]:
    return {day for day in before.keys() | after.keys() if before.get(day) != after.get(day)}


def figures(daily: dict[date, dict[str, Any]], first: date, name: str, *offsets: int) -> list[int]:
    return [daily[first + timedelta(days=offset)][name] for offset in offsets]


@pytest.mark.laws
def test_late_moved_and_deleted_events_and_links_change_what_they_reach_and_can_be_taken_back(story: Story) -> None:
    before = story.daily()
    first, late, moved_to = date(2026, 9, 1), date(2026, 9, 10), date(2026, 9, 12)
    assert figures(before, first, "dau", 0) == [2]
    assert story.daily(scope=("platform", "p"))[first]["dau"] == 1

    story.tell("events", [message("late", ANNA, late)], 2)
    story.build()
    with_late = story.daily()
    assert figures(with_late, late, "dau", 0, 1) == [1, 0]
    assert figures(with_late, late, "wau_7", 6, 7) == [1, 0]
    # Until 30 September both are known from the first day, then only Anna is.
    assert figures(with_late, late, "mau_30", 20, 21, 29, 30) == [2, 1, 1, 0]
    assert changed(before, with_late) == {late + timedelta(days=days) for days in (*range(7), *range(19, 30))}

    links = [Link(member=ANNA, person="x"), Link(member=BELA, person="x")]
    story.tell("events", [message("late", ANNA, moved_to, updated_at=datetime(2026, 11, 3, tzinfo=UTC))], 3)
    story.tell("identity_links", list(links), 3)
    story.build()
    united = story.daily()
    assert figures(united, late, "dau", 0, 2) == [0, 1]
    assert figures(united, moved_to, "mau_30", 29, 30) == [1, 0]
    assert [united[first][name] for name in ("dau", "messages", "mau_30")] == [1, 2, 1]
    assert story.daily(scope=("platform", "p"))[first]["dau"] == 1

    story.tell("events", [message("late", ANNA, moved_to, updated_at=datetime(2026, 11, 4, tzinfo=UTC), is_deleted=True)], 4)
    story.tell("identity_links", [replace(links[1], status="unlinked", updated_at=datetime(2026, 11, 4, tzinfo=UTC))], 4)
    story.build()
    assert story.daily() == before
