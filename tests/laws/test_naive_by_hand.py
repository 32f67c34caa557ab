"""The second implementation itself, on cases that can be counted on paper."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from support.naive.activity import gini
from support.naive.marts import naive_marts
from support.naive.records import Definition, Event, Landing, Link, MemberRecord, Membership, NativeId, Order, Record, Refund, Rules

ALL = ("all", "all")
# 8 September 2026 is a Tuesday.
RULES = Rules("Asia/Shanghai", 0, frozenset({"message", "reaction"}), frozenset({"message"}))


def native(name: str, platform: str = "p", account: str = "") -> NativeId:
    return NativeId(platform, account, "native", name)


def at(day: int, hour: int = 12, month: int = 9) -> datetime:
    """An hour of the local day in Shanghai, eight hours ahead of UTC."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=8)


def message(who: str | NativeId, day: int, hour: int = 12, month: int = 9, kind: str = "message", community: str | None = "g") -> Event:
    member = who if isinstance(who, NativeId) else native(who)
    return Event(
        event_id=f"{member}{month}-{day}-{hour}{kind}",
        member=member,
        occurred_at=at(day, hour, month),
        event_type=kind,
        community=community,
    )


def order(order_id: str, who: str, day: int, amount: str = "10.00", month: int = 9, status: str | None = None) -> Order:
    return Order(order_id=order_id, member=native(who), paid_at=at(day, 12, month), amount=Decimal(amount), currency="CNY", status=status)


def marts(*sources: tuple[str, list[Record]], until: date = date(2026, 9, 30), definitions: tuple[Definition, ...] = ()) -> dict[str, Any]:
    landings = [Landing(source, tuple(rows), sha256=f"{number:064}", period=until) for number, (source, rows) in enumerate(sources)]
    rules = Rules(RULES.timezone, RULES.week_start, RULES.activity_types, RULES.message_types, definitions)
    return naive_marts(landings, rules)


def test_a_day_ends_at_local_midnight() -> None:
    before = Event(event_id="a", member=native("a"), occurred_at=datetime(2026, 9, 8, 15, 59, 59, tzinfo=UTC), event_type="message")
    after = Event(event_id="b", member=native("b"), occurred_at=datetime(2026, 9, 8, 16, 0, 0, tzinfo=UTC), event_type="message")
    hourly = marts(("events", [before, after]))["mart_activity_hourly"]
    assert hourly[date(2026, 9, 8), 23, *ALL] == {"events": 1, "active_members": 1}
    assert hourly[date(2026, 9, 9), 0, *ALL] == {"events": 1, "active_members": 1}


def test_windows_hold_seven_twenty_eight_and_thirty_days() -> None:
    daily = marts(("events", [message("a", 1, month=8)]), until=date(2026, 9, 5))["mart_activity_daily"]
    windows = {
        day: [daily[day, *ALL][name] for name in ("dau", "wau_7", "mau_28", "mau_30")] for day, *scope in daily if scope == list(ALL)
    }
    assert windows[date(2026, 8, 1)] == [1, 1, 1, 1]
    assert windows[date(2026, 8, 7)] == [0, 1, 1, 1]
    assert windows[date(2026, 8, 8)] == [0, 0, 1, 1]
    assert windows[date(2026, 8, 28)] == [0, 0, 1, 1]
    assert windows[date(2026, 8, 29)] == [0, 0, 0, 1]
    assert windows[date(2026, 8, 30)] == [0, 0, 0, 1]
    assert windows[date(2026, 8, 31)] == [0, 0, 0, 0]
    assert max(windows) == date(2026, 9, 5)


def test_who_only_reacts_is_active_and_no_speaker() -> None:
    day = marts(("events", [message("a", 8), message("b", 8, kind="reaction"), message("c", 8, kind="leave")]))["mart_activity_daily"]
    row = day[date(2026, 9, 8), "community", "p::g"]
    assert (row["dau"], row["speakers"], row["messages"], row["interactions"]) == (2, 1, 1, 2)


@pytest.mark.parametrize(("counts", "expected"), [([1, 3], 0.25), ([2, 2, 2], 0.0), ([1], 0.0), ([0, 4], 0.5), ([], None)])
def test_gini_of_messages(counts: list[int], expected: float | None) -> None:
    assert gini(counts) == expected


def test_staff_bots_and_tests_do_not_count_in_anything() -> None:
    rows = marts(
        ("members", [MemberRecord(member=native("s"), actor_type="staff")]),
        (
            "events",
            [
                message("s", 8),
                Event(event_id="x", member=native("b"), occurred_at=at(8), event_type="message", actor_type="bot"),
                message("a", 8),
            ],
        ),
        (
            "memberships",
            [
                Membership(member=native("s"), community="g", joined_at=at(1)),
                Membership(member=native("a"), community="g", joined_at=at(1)),
            ],
        ),
        ("orders", [order("1", "s", 8), order("2", "a", 8)]),
    )
    assert rows["mart_activity_daily"][date(2026, 9, 8), *ALL]["dau"] == 1
    assert rows["mart_growth_daily"][date(2026, 9, 8), *ALL]["members_at_end"] == 1
    assert rows["mart_conversion_daily"][date(2026, 9, 8), "CNY", *ALL]["orders"] == 1


def test_one_person_on_two_platforms_counts_once_over_all_and_once_in_each() -> None:
    events = [message(native("u", "p"), 8), message(native("u", "q"), 8)]
    links = [Link(member=native("u", "p"), person="x"), Link(member=native("u", "q"), person="x")]
    assert marts(("events", events))["mart_activity_daily"][date(2026, 9, 8), *ALL]["dau"] == 2
    merged = marts(("events", events), ("identity_links", links))["mart_activity_daily"]
    assert [merged[date(2026, 9, 8), *scope]["dau"] for scope in (ALL, ("platform", "p"), ("platform", "q"))] == [1, 1, 1]
    taken_back = Link(member=native("u", "q"), person="x", status="unlinked", updated_at=at(20))
    apart = marts(("events", events), ("identity_links", [*links, taken_back]))["mart_activity_daily"]
    assert apart[date(2026, 9, 8), *ALL]["dau"] == 2


def test_the_newest_version_wins_whatever_came_last() -> None:
    def landing(order_: int, version: Event, snapshot: datetime) -> Landing:
        return Landing("events", (version,), f"{order_:064}", snapshot_at=snapshot, order=order_)

    def event(day: int, updated_at: datetime | None, is_deleted: bool = False) -> Event:
        return Event(
            event_id="e", member=native("a"), occurred_at=at(day), event_type="message", updated_at=updated_at, is_deleted=is_deleted
        )

    old, new = event(7, None), event(8, at(9))
    daily = naive_marts([landing(0, new, at(10)), landing(1, old, at(20))], RULES)["mart_activity_daily"]
    assert daily[date(2026, 9, 8), *ALL]["dau"] == 1
    assert (date(2026, 9, 7), *ALL) not in daily
    gone = event(8, at(11), is_deleted=True)
    assert naive_marts([landing(0, gone, at(12)), landing(1, new, at(20))], RULES)["mart_activity_daily"] == {}


def test_equal_events_without_an_id_are_distinct_within_a_file_and_the_same_across_files() -> None:
    row = Event(event_id=None, member=native("a"), occurred_at=at(8), event_type="message")
    twice = Landing("events", (row, row), "1" * 64, period=date(2026, 9, 9))
    again = Landing("events", (row, row), "2" * 64, period=date(2026, 9, 9))
    assert naive_marts([twice, again], RULES)["mart_activity_daily"][date(2026, 9, 8), *ALL]["messages"] == 2


def test_presence_is_the_union_of_spells_and_the_stock_follows_from_the_flows() -> None:
    spells: list[Record] = [
        Membership(member=native("a"), community="g", joined_at=at(1), left_at=at(3)),
        Membership(member=native("a"), community="h", joined_at=at(2), left_at=at(5)),
        Membership(member=native("a"), community="h", joined_at=at(7)),
        Membership(member=native("b"), community="g", joined_at=at(5)),
    ]
    growth = marts(("memberships", spells), until=date(2026, 9, 8))["mart_growth_daily"]

    def flow(day: int, scope: tuple[str, str]) -> tuple[int, ...]:
        row = growth[date(2026, 9, day), *scope]
        return tuple(row[name] for name in ("joins", "leaves", "new_members", "rejoined_members", "left_members", "members_at_end"))

    assert flow(1, ALL) == (1, 0, 1, 0, 0, 1)
    assert flow(2, ALL) == (1, 0, 0, 0, 0, 1)
    assert flow(3, ALL) == (0, 1, 0, 0, 0, 1)
    assert flow(3, ("community", "p::g")) == (0, 1, 0, 0, 1, 0)
    assert flow(5, ALL) == (1, 1, 1, 0, 1, 1)
    assert flow(7, ALL) == (1, 0, 0, 1, 0, 2)
    assert flow(7, ("community", "p::h")) == (1, 0, 0, 1, 0, 1)


def test_lifecycle_by_week_counts_a_sleeper_once() -> None:
    rows = marts(("events", [message("a", 8), message("a", 23), message("b", 15)]), until=date(2026, 9, 27))["mart_lifecycle"]

    def week(day: int) -> tuple[int, ...]:
        return tuple(rows["week", date(2026, 9, day), *ALL][name] for name in ("active", "new", "retained", "resurrected", "dormant"))

    assert [week(7), week(14), week(21)] == [(1, 1, 0, 0, 0), (1, 1, 0, 0, 1), (1, 0, 0, 1, 1)]
    assert rows["month", date(2026, 9, 1), *ALL]["is_complete_period"] is False


def test_who_joined_before_is_not_new_when_first_active() -> None:
    spells: list[Record] = [Membership(member=native("a"), community="g", joined_at=at(1))]
    rows = marts(("events", [message("a", 8)]), ("memberships", spells))["mart_lifecycle"]
    assert (rows["day", date(2026, 9, 8), *ALL]["new"], rows["day", date(2026, 9, 8), *ALL]["resurrected"]) == (0, 1)
    assert rows["month", date(2026, 9, 1), *ALL]["new"] == 1


def test_bounded_rolling_and_within_retention_of_one_cohort() -> None:
    events: list[Record] = [message(who, 7) for who in "abc"] + [message("a", 8), message("b", 9), message("a", 9), message("d", 9)]
    definition = Definition("activity", "activity", "activity", horizon={"day": 3, "week": 1, "month": 1})
    rows = marts(("events", events), until=date(2026, 9, 9), definitions=(definition,))["mart_retention"]

    def cell(index: int) -> tuple[Any, ...]:
        row = rows["activity", "day", date(2026, 9, 7), index, *ALL]
        return tuple(row[f"retained_members{kind}"] for kind in ("", "_rolling", "_within"))

    assert [cell(0), cell(1), cell(2)] == [(3, 3, None), (1, 2, 1), (2, 2, 2)]
    assert ("activity", "day", date(2026, 9, 7), 3, *ALL) not in rows
    assert rows["activity", "day", date(2026, 9, 7), 2, *ALL]["retention_rate"] == pytest.approx(2 / 3)
    week = rows["activity", "week", date(2026, 9, 7), 0, *ALL]
    assert (week["cohort_members"], week["eligible_members"], week["retention_rate"], week["is_mature"]) == (4, 0, None, False)


def test_recurring_cohorts_and_minimum_occurrences() -> None:
    events: list[Record] = [message("a", 7), message("a", 8, 10), message("a", 8, 11), message("a", 9)]
    definition = Definition("twice", "activity", "activity", is_recurring=True, minimum=2)
    rows = marts(("events", events), until=date(2026, 9, 9), definitions=(definition,))["mart_retention"]
    assert rows["twice", "day", date(2026, 9, 7), 1, *ALL]["retained_members"] == 1
    assert rows["twice", "day", date(2026, 9, 8), 1, *ALL]["retained_members"] == 0


def test_survival_is_being_in_at_the_end_of_the_period() -> None:
    spells: list[Record] = [
        Membership(member=native("a"), community="g", joined_at=at(7), left_at=at(16)),
        Membership(member=native("b"), community="g", joined_at=at(8)),
    ]
    definition = Definition("membership", "join", "present")
    rows = marts(("memberships", spells), until=date(2026, 9, 20), definitions=(definition,))["mart_retention"]
    weekly = [rows["membership", "week", date(2026, 9, 7), index, *ALL]["retained_members"] for index in (0, 1)]
    daily = [rows["membership", "day", date(2026, 9, 7), index, *ALL]["retained_members"] for index in (8, 9, 10)]
    assert (weekly, daily) == ([2, 1], [1, 1, 0])


def test_refunds_count_on_their_own_date_and_are_unknown_without_a_source() -> None:
    orders: list[Record] = [
        order("1", "a", 8, "30.00"),
        order("2", "a", 9, "20.00"),
        order("3", "b", 9, "5.50"),
        order("4", "b", 9, status="pending"),
    ]
    refunds: list[Record] = [
        Refund(refund_id="r", platform="p", account="", order_id="1", refunded_at=at(9), amount=Decimal("30.00"), currency="CNY")
    ]
    row = marts(("orders", orders), ("refunds", refunds))["mart_conversion_daily"][date(2026, 9, 9), "CNY", *ALL]
    assert (row["orders"], row["gross_amount"], row["refund_amount"], row["net_amount"]) == (
        2,
        Decimal("25.50"),
        Decimal("30.00"),
        Decimal("-4.50"),
    )
    assert (row["aov"], row["arpu"]) == (Decimal("12.75"), Decimal("-2.25"))
    assert (row["first_order_members"], row["repeat_order_members"], row["refunded_orders"]) == (1, 1, 1)
    assert (row["active_members"], row["present_members"]) == (None, None)
    assert marts(("orders", orders))["mart_conversion_daily"][date(2026, 9, 9), "CNY", *ALL]["refund_amount"] is None


def test_repurchase_wants_a_later_date_within_the_horizon() -> None:
    orders: list[Record] = [
        *(order(f"a{day}", "a", day) for day in (1, 1, 8)),
        *(order(f"b{day}", "b", day) for day in (1, 9)),
        Order(order_id="c", member=native("c"), paid_at=at(2, 9), amount=Decimal(1), currency="CNY"),
        Order(order_id="c2", member=native("c"), paid_at=at(2, 20), amount=Decimal(1), currency="CNY"),
    ]
    rows = marts(("orders", orders), until=date(2026, 9, 9))["mart_repurchase"]
    assert rows["day", date(2026, 9, 1), 7, *ALL] == {
        "first_order_members": 2,
        "repurchased_members": 1,
        "eligible_members": 2,
        "repurchased_eligible_members": 1,
        "repurchase_rate": 0.5,
        "is_mature": True,
    }
    assert rows["day", date(2026, 9, 1), 14, *ALL]["repurchased_members"] == 2
    assert rows["day", date(2026, 9, 1), 14, *ALL]["repurchase_rate"] is None
    assert rows["day", date(2026, 9, 2), 7, *ALL]["repurchased_members"] == 0
    assert rows["month", date(2026, 9, 1), 7, *ALL]["is_mature"] is False


def test_a_channel_is_that_of_the_first_entry_and_nobody_else_has_one() -> None:
    spells: list[Record] = [
        Membership(member=native("a"), community="g", joined_at=at(2), channel="paid"),
        Membership(member=native("a"), community="h", joined_at=at(1), channel="kol"),
        Membership(member=native("b"), community="g", joined_at=at(1), referrer="a"),
        Membership(member=native("c"), community="g", joined_at=at(1), referrer="s"),
        Membership(member=native("d"), community="g", joined_at=at(1)),
    ]
    events: list[Record] = [message(who, 8) for who in "abcde"]
    staff: list[Record] = [MemberRecord(member=native("s"), actor_type="staff")]
    daily = marts(("events", events), ("memberships", spells), ("members", staff))["mart_activity_daily"]
    channels = {scope_id: row["dau"] for (day, kind, scope_id), row in daily.items() if kind == "channel" and day == date(2026, 9, 8)}
    assert channels == {"kol": 1, "referral": 1, "staff": 1, "unknown": 1}


def test_what_nobody_declares_is_complete_to_the_last_date_in_the_file_and_all_to_the_least() -> None:
    landings = [
        Landing("events", (message(native("a", "p"), 8), message(native("a", "q"), 3)), "1" * 64),
        Landing("events", (message(native("a", "r"), 3),), "2" * 64, snapshot_at=at(7)),
    ]
    daily = naive_marts(landings, RULES)["mart_activity_daily"]
    last = {scope_id: max(day for day, _, other in daily if other == scope_id) for scope_id in ("p", "q", "r", "all")}
    assert last == {"p": date(2026, 9, 8), "q": date(2026, 9, 8), "r": date(2026, 9, 6), "all": date(2026, 9, 6)}


def test_returns_are_unknown_before_their_source_begins() -> None:
    spells: list[Record] = [Membership(member=native("a"), community="g", joined_at=at(1))]
    definition = Definition("member", "join", "activity")
    rows = marts(
        ("memberships", spells), ("events", [message("a", 4), message("b", 3)]), until=date(2026, 9, 5), definitions=(definition,)
    )["mart_retention"]
    cells = [rows["member", "day", date(2026, 9, 1), index, *ALL] for index in range(5)]
    assert [cell["retained_members"] for cell in cells] == [1, None, 0, 1, 0]
    assert [cell["retained_members_within"] for cell in cells] == [None] * 5
    assert [cell["is_mature"] for cell in cells] == [True, False, True, True, True]
