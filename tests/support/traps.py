"""One history full of traps, built as a whole, and brought up to date with news of a few days.

What a test and the mutations share: a wrong model shows as a difference from the second implementation.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from community_metrics.settings import Settings
from support.histories.comparison import differences
from support.histories.files import ExportFile, Style, export_file
from support.histories.generator import FIRST, LENGTH, restated
from support.histories.pipeline_home import PipelineHome
from support.histories.shop_and_content import generate_shop_history
from support.naive.activity import Mart
from support.naive.calendar import business_date
from support.naive.marts import CONTENT_GRAINS, GRAINS, naive_content_marts, naive_marts
from support.naive.records import Event, MemberRecord, Membership, NativeId, Order, Record

SEED = 7
TIMEZONE = "Asia/Shanghai"
# Nothing becomes known of later days by the news: they would make every platform longer.
PERIOD = FIRST + timedelta(days=LENGTH - 6)


class Traps:
    """A home in `folder` and what its marts must say. Who calls `land_*` builds."""

    def __init__(self, folder: Path) -> None:
        history = generate_shop_history(SEED, TIMEZONE)
        self.rules = replace(history.rules, week_start=0)
        self.files = [*history.files, _two_communities_in_an_hour(), _back_on_the_last_day(), *_brought_by_staff(), _there_before_events()]
        self.news = _news(self.files)
        self.landed: list[ExportFile] = []
        self.home = PipelineHome(Settings(home=folder), self.rules)

    def land_history(self) -> None:
        self.land(self.files)

    def land_news(self) -> None:
        self.land(self.news)

    def land(self, files: list[ExportFile]) -> None:
        self.landed += files
        self.home.land(files)

    def take_back(self, file: ExportFile) -> None:
        """Landed by mistake: from now on it never was."""
        self.landed.remove(file)
        self.home.withdraw(file)

    def expected(self) -> dict[str, Mart]:
        landings = [file.landing(order) for order, file in enumerate(self.landed)]
        return naive_marts(landings, self.rules) | naive_content_marts(landings, self.rules)

    def differences(self, expected: dict[str, Mart]) -> list[str]:
        grains = GRAINS | CONTENT_GRAINS
        return [line for mart, rows in expected.items() for line in differences(mart, rows, self.home.rows(mart, grains[mart]))]


def _two_communities_in_an_hour() -> ExportFile:
    """A member who speaks in two communities within one hour is one active member of that hour, whatever else they did that day."""
    member, day = NativeId("discord", "guild", "native", "u1"), datetime.combine(FIRST + timedelta(days=20), time(4), UTC)
    said = ((day, "g1"), (day + timedelta(minutes=30), "g2"), (day + timedelta(hours=5), "g2"))
    rows: list[Record] = [
        Event(event_id=f"hour-{number}", member=member, occurred_at=at, event_type="message", community=community)
        for number, (at, community) in enumerate(said)
    ]
    return export_file("two-communities", "events", rows, Style(), datetime(2026, 11, 1, tzinfo=UTC), PERIOD)


def _back_on_the_last_day() -> ExportFile:
    """A second order on the seventh day after the first lies within the seven days."""
    member, day = NativeId("app", "", "native", "back"), datetime.combine(FIRST + timedelta(days=10), time(4), UTC)
    rows: list[Record] = [
        Order(order_id=f"back-{days}", member=member, paid_at=day + timedelta(days=days), amount=Decimal(10), currency="CNY")
        for days in (0, 7)
    ]
    return export_file("back-on-the-last-day", "orders", rows, Style(), datetime(2026, 11, 1, tzinfo=UTC), PERIOD)


def _brought_by_staff() -> list[ExportFile]:
    """Whom an employee invited came through staff, not through a member."""
    host, guest = NativeId("app", "", "native", "host"), NativeId("app", "", "native", "guest")
    joined_at, told_at = datetime.combine(FIRST + timedelta(days=10), time(4), UTC), datetime(2026, 11, 1, tzinfo=UTC)
    stay = Membership(member=guest, community="g1", joined_at=joined_at, referrer=host.id)
    return [
        export_file("host", "members", [MemberRecord(member=host, actor_type="staff")], Style(), told_at, PERIOD),
        export_file("guest", "memberships", [stay], Style(), told_at, PERIOD),
    ]


def _there_before_events() -> ExportFile:
    """Who joined before the first events are known of may have returned; nobody knows."""
    joined_at = datetime.combine(FIRST - timedelta(days=15), time(4), UTC)
    stay = Membership(member=NativeId("app", "", "native", "early"), community="g1", joined_at=joined_at)
    return export_file("before-events", "memberships", [stay], Style(), datetime(2026, 11, 1, tzinfo=UTC), PERIOD)


def _news(files: list[ExportFile]) -> list[ExportFile]:
    """Later words on the last weeks: a day that becomes empty, events that move, stays that ended otherwise, orders corrected.

    Of few days, so that most of the marts are not rebuilt: what the news reach has to be found.
    """
    random = Random(SEED)

    def late(source: str) -> list[Record]:
        rows = [row for file in files if file.source == source for row in file.rows]
        return [row for row in rows if not row.is_deleted and day_of(row) >= FIRST + timedelta(days=50)]

    events = [row for row in late("events") if isinstance(row, Event) and row.event_id is not None]
    empty = day_of(events[len(events) // 2])
    moment = datetime(2026, 11, 29, tzinfo=UTC)
    gone: list[Record] = [replace(row, updated_at=moment, is_deleted=True) for row in events if day_of(row) == empty]
    moved = [restated(random, row, moment.replace(hour=number)) for number, row in enumerate(random.sample(events, 4), start=1)]
    found: dict[str, tuple[str, list[Record]]] = {"events-gone": ("events", gone), "events-moved": ("events", moved)}
    for source in ("memberships", "orders"):
        found[f"corrected-{source}"] = (source, [restated(random, row, moment) for row in random.sample(late(source), 2)])
    return [export_file(name, source, rows, Style(), moment, PERIOD) for name, (source, rows) in found.items()]


def day_of(row: Record) -> date:
    match row:
        case Event():
            instant = row.occurred_at
        case Membership():
            instant = row.joined_at
        case Order():
            instant = row.paid_at
        case _:
            raise TypeError(type(row))
    return business_date(instant, TIMEZONE)
