"""The second implementation of lifetime value, of conversion by band and category and of content, on cases counted on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from laws.test_naive_by_hand import ALL, RULES, at, marts, native, order
from support.naive.marts import naive_content_marts, naive_marts
from support.naive.records import (
    ContentDay,
    ContentSnapshot,
    Landing,
    Membership,
    Order,
    OrderItem,
    PriceBand,
    Record,
    Refund,
)


def refund(refund_id: str, order_id: str, day: int, amount: str, month: int = 9, currency: str = "CNY") -> Refund:
    return Refund(
        refund_id=refund_id,
        platform="p",
        account="",
        order_id=order_id,
        refunded_at=at(day, month=month),
        amount=Decimal(amount),
        currency=currency,
    )


def joined(who: str, day: int, month: int = 9) -> Membership:
    return Membership(member=native(who), community="g", joined_at=at(day, month=month))


def test_lifetime_value_is_net_revenue_since_the_first_order_over_the_whole_cohort() -> None:
    orders: list[Record] = [order("1", "a", 8, "30.00"), order("2", "a", 2, "10.00", month=10), order("3", "b", 9, "5.00")]
    refunds: list[Record] = [refund("r", "1", 20, "12.00", month=10), refund("s", "nobody-knows", 20, "1.00", month=10)]
    rows = marts(("orders", orders), ("refunds", refunds), until=date(2026, 11, 15))["mart_ltv_cohorts"]
    cohort = [rows["first_order", date(2026, 9, 1), index, "CNY", *ALL] for index in (0, 1, 2)]
    assert [row["net_amount"] for row in cohort] == [Decimal(35), Decimal(-2), Decimal(0)]
    assert [row["cumulative_net_amount"] for row in cohort] == [Decimal(35), Decimal(33), Decimal(33)]
    assert [row["ltv"] for row in cohort] == [Decimal("17.5"), Decimal("16.5"), None]
    assert [(row["cohort_members"], row["eligible_members"], row["is_mature"]) for row in cohort] == [
        (2, 2, True),
        (2, 2, True),
        (2, 0, False),
    ]


def test_who_never_bought_is_in_the_denominator_and_an_order_before_joining_is_no_revenue_since() -> None:
    orders: list[Record] = [order("early", "a", 3, "100.00"), order("late", "a", 20, "30.00")]
    refunds: list[Record] = [refund("r", "early", 25, "100.00"), refund("usd", "late", 25, "4.00", currency="USD")]
    spells: list[Record] = [joined("a", 10), joined("b", 11), joined("c", 12)]
    rows = marts(("orders", orders), ("refunds", refunds), ("memberships", spells))["mart_ltv_cohorts"]
    assert rows["joined", date(2026, 9, 1), 0, "CNY", *ALL]["ltv"] == Decimal(10)
    assert rows["first_order", date(2026, 9, 1), 0, "CNY", *ALL]["ltv"] == Decimal(30)
    assert rows["joined", date(2026, 9, 1), 0, "USD", *ALL]["net_amount"] == Decimal(-4)


def test_lifetime_value_is_unknown_without_refunds_and_for_months_before_the_orders_begin() -> None:
    spells: list[Record] = [joined("a", 10, month=7), joined("b", 10)]
    orders: list[Record] = [order("1", "a", 15, "30.00")]
    unknown = marts(("orders", orders), ("memberships", spells))["mart_ltv_cohorts"]["joined", date(2026, 9, 1), 0, "CNY", *ALL]
    assert (unknown["gross_amount"], unknown["net_amount"], unknown["ltv"], unknown["is_mature"]) == (Decimal(0), None, None, False)
    rows = marts(("orders", orders), ("memberships", spells), ("refunds", [refund("r", "1", 16, "1.00")]))["mart_ltv_cohorts"]
    before = [rows["joined", date(2026, 7, 1), index, "CNY", *ALL] for index in (0, 1, 2)]
    assert [row["net_amount"] for row in before] == [None, None, Decimal(29)]
    assert [(row["cumulative_net_amount"], row["ltv"]) for row in before] == [(None, None)] * 3
    assert rows["joined", date(2026, 9, 1), 0, "CNY", *ALL]["ltv"] == Decimal(0)


def breakdown(*sources: tuple[str, list[Record]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    landings = [Landing(source, tuple(rows), f"{number:064}", period=date(2026, 9, 30)) for number, (source, rows) in enumerate(sources)]
    bands = (PriceBand("CNY", "low", Decimal(0), Decimal(50)), PriceBand("CNY", "high", Decimal(50), None))
    return naive_marts(landings, replace(RULES, price_bands=bands))["mart_conversion_breakdown_daily"]


def item(order_id: str, line: str, category: str | None, amount: str | None) -> OrderItem:
    return OrderItem(
        platform="p", account="", order_id=order_id, line=line, category=category, amount=None if amount is None else Decimal(amount)
    )


def test_an_order_is_in_one_band_and_in_every_category_of_its_lines() -> None:
    dollars = Order(order_id="4", member=native("c"), paid_at=at(8), amount=Decimal("7.00"), currency="USD")
    orders: list[Record] = [order("1", "a", 8, "49.99"), order("2", "a", 8, "50.00"), order("3", "b", 8, "20.00"), dollars]
    items: list[Record] = [
        item("1", "1", "tea", "30.00"),
        item("1", "2", "cup", "19.99"),
        item("2", "1", "tea", "45.00"),  # Five of the fifty are freight.
        item("3", "1", None, None),
    ]
    rows = breakdown(("orders", orders), ("order_items", items))

    def row(dimension: str, value: str, currency: str = "CNY") -> tuple[Any, ...]:
        found = rows[date(2026, 9, 8), currency, dimension, value, *ALL]
        return found["paying_members"], found["orders"], found["gross_amount"]

    assert [row("price_band", band) for band in ("low", "high")] == [(2, 2, Decimal("69.99")), (1, 1, Decimal("50.00"))]
    assert row("price_band", "unknown", "USD") == row("category", "unknown", "USD") == (1, 1, Decimal("7.00"))
    assert [row("category", name) for name in ("tea", "cup")] == [(1, 2, Decimal("75.00")), (1, 1, Decimal("19.99"))]
    assert row("category", "unknown") == (2, 2, Decimal("25.00"))


def test_a_refund_is_of_a_category_only_if_its_order_has_no_other() -> None:
    orders: list[Record] = [order("1", "a", 8, "30.00"), order("2", "b", 8, "20.00")]
    items: list[Record] = [item("1", "1", "tea", "10.00"), item("1", "2", "cup", "20.00"), item("2", "1", "tea", "20.00")]
    refunds: list[Record] = [refund("r", "2", 9, "5.00"), refund("s", "1", 10, "3.00"), refund("t", "2", 10, "1.00")]
    rows = breakdown(("orders", orders), ("order_items", items), ("refunds", refunds))

    def refunded(day: int, dimension: str, value: str) -> tuple[Any, ...]:
        found = rows[date(2026, 9, day), "CNY", dimension, value, *ALL]
        return found["refund_amount"], found["net_amount"], found["refunded_orders"]

    assert refunded(9, "category", "tea") == (Decimal("5.00"), Decimal("-5.00"), 1)
    assert refunded(9, "category", "cup") == (Decimal(0), Decimal(0), 0)
    assert refunded(10, "category", "tea") == (None, None, 2)
    assert refunded(10, "category", "cup") == (None, None, 1)
    assert refunded(10, "price_band", "low") == (Decimal("4.00"), Decimal("-4.00"), 2)


def snapshot(item_id: str, day: int, published: int, **figures: int) -> ContentSnapshot:
    return ContentSnapshot(
        platform="v",
        account="acc",
        content_id=item_id,
        day=date(2026, 9, day),
        title=item_id,
        published_on=date(2026, 9, published),
        figures=tuple(figures.items()),
        finish_rate=0.25 if day == 2 else None,
    )


def test_a_lifetime_keeps_what_was_last_stated_and_never_adds_days() -> None:
    rows = [snapshot("a", 1, 1, plays=10, likes=5), snapshot("a", 2, 1, plays=9), snapshot("a", 4, 1, plays=30, likes=7)]
    reported = ContentDay(platform="v", account="acc", content_id="b", day=date(2026, 9, 3), figures=(("plays", 4),))
    landings = [
        Landing("creator_content", tuple(rows), "1" * 64, snapshot_at=at(5)),
        Landing("content_daily", (reported, replace(reported, day=date(2026, 9, 4))), "2" * 64),
    ]
    content = naive_content_marts(landings, RULES)
    lifetime = content["mart_content_lifetime"]["v:acc:a",]
    assert [lifetime[f"{name}_total"] for name in ("plays", "likes", "comments")] == [30, 7, None]
    assert (lifetime["snapshots"], lifetime["falling_snapshots"], lifetime["has_falling_counter"]) == (3, 1, True)
    assert (lifetime["reported_finish_rate"], lifetime["is_restated"]) == (0.25, False)
    by_day = content["mart_content_lifetime"]["v:acc:b",]
    assert (by_day["plays_total"], by_day["covered_days"], by_day["snapshots"], by_day["first_snapshot_date"]) == (None, 2, 0, None)
    daily = [content["mart_content_daily"]["v:acc:a", date(2026, 9, day)] for day in (1, 2, 4)]
    assert [(row["increment_days"], row["plays"], row["likes"]) for row in daily] == [(1, 10, 5), (1, -1, None), (2, 21, 2)]
