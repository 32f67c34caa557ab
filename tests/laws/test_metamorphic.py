"""What must not matter: who else is there, and where the clock hangs."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from community_metrics.settings import Settings
from laws.test_arrival import PERIOD, SEED, SNAPSHOT, distinct_rows, whole
from support.histories.files import ExportFile, Style, export_file
from support.histories.generator import generate_history
from support.histories.pipeline_home import PipelineHome
from support.naive.marts import GRAINS
from support.naive.records import Event, Membership, NativeId, Order, Record

EAST = timedelta(hours=8)
STRANGERS = [NativeId("elsewhere", "branch", "native", f"s{number}") for number in range(5)]

Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


def marts(built: PipelineHome) -> Rows:
    return {mart: built.rows(mart, grain) for mart, grain in GRAINS.items()}


def of_others(found: Rows) -> Rows:
    """The rows of the platforms and communities that are not the strangers': where everybody is counted they are too."""
    chosen: Rows = {}
    for mart, rows in found.items():
        place = GRAINS[mart].index("scope_type")
        chosen[mart] = {
            key: row
            for key, row in rows.items()
            if key[place] in ("platform", "community") and not str(key[place + 1]).startswith("elsewhere")
        }
    return chosen


def strangers() -> list[ExportFile]:
    first = datetime(2026, 9, 10, 16, tzinfo=UTC)
    events: list[Record] = [
        Event(event_id=f"s{number}", member=STRANGERS[number % 5], occurred_at=first + number * EAST, event_type="message", community="g1")
        for number in range(60)
    ]
    spells: list[Record] = [
        Membership(member=member, community="g1", joined_at=first + number * EAST, channel="kol") for number, member in enumerate(STRANGERS)
    ]
    # The same number as an order of somebody else's shop.
    orders: list[Record] = [
        Order(order_id=f"o{number}", member=STRANGERS[number], paid_at=first + number * EAST, amount=Decimal("9.90"), currency="CNY")
        for number in range(5)
    ]
    written = {"events": events, "memberships": spells, "orders": orders}
    return [export_file(f"strangers-{source}", source, rows, Style(), SNAPSHOT, PERIOD) for source, rows in written.items()]


@pytest.mark.laws
def test_a_community_that_has_nothing_to_do_with_the_others_changes_none_of_their_rows(home: Settings) -> None:
    rules = generate_history(SEED, timezone="Asia/Shanghai").rules
    built = PipelineHome(home, rules)
    built.land(whole(distinct_rows(SEED)))
    built.build()
    built.publish()
    before = of_others(marts(built))
    everything = built.every_row()

    built.land(strangers())
    built.build()
    after = marts(built)
    assert of_others(after) == before
    assert {key[-1] for key in after["mart_activity_daily"]} >= {"elsewhere", "elsewhere:branch:g1"}
    for mart in ("dim_community", "dim_member"):
        assert set(everything[mart]) <= set(built.every_row()[mart])


def shifted(rows: list[Record], by: timedelta) -> list[Record]:
    found = []
    for row in rows:
        moments = {f.name: getattr(row, f.name) + by for f in fields(row) if isinstance(getattr(row, f.name), datetime)}
        found.append(replace(row, **moments))
    return found


@pytest.mark.laws
def test_the_same_days_by_another_clock_are_the_same_numbers(home: Settings) -> None:
    rules = generate_history(SEED, timezone="Asia/Shanghai").rules
    rows = distinct_rows(SEED)
    found = []
    # What happened at nine in Shanghai, and the same at nine in Greenwich.
    for zone, by in (("Asia/Shanghai", timedelta(0)), ("UTC", EAST)):
        built = PipelineHome(replace(home, home=home.home / zone.replace("/", "-")), replace(rules, timezone=zone))
        built.land(replace(file, snapshot_at=SNAPSHOT + by) for file in whole({source: shifted(of, by) for source, of in rows.items()}))
        built.build()
        found.append(built.every_row())
    assert found[0].keys() == found[1].keys()
    for mart, lines in found[0].items():
        assert lines == found[1][mart], mart
