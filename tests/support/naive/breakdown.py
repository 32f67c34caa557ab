"""mart_conversion_breakdown_daily."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from support.naive.activity import Mart, ratio
from support.naive.calendar import days
from support.naive.commerce import active_members, first_order_dates, purchases_by_scope
from support.naive.facts import Facts, Purchase, Repayment
from support.naive.people import Person
from support.naive.presence import Presences
from support.naive.records import Landing, OrderItem, PriceBand
from support.naive.versions import in_force

OrderId = tuple[str, str, str]
Parts = dict[tuple[OrderId, str], dict[str, Decimal]]
"""Per order and dimension the amount of every value that the order has in it."""
UNKNOWN = "unknown"


def order_items(landings: Sequence[Landing]) -> list[OrderItem]:
    return in_force(landings, "order_items", lambda row: (row.platform, row.account, row.order_id, row.line))


def conversion_breakdown_daily(facts: Facts, presences: Presences, items: list[OrderItem]) -> Mart:
    parts = _parts(facts, items)
    active = active_members(facts)
    mart: Mart = {}
    for scope, purchases in purchases_by_scope(facts).items():
        until, refunds_until = facts.until(scope, "orders"), facts.until(scope, "refunds")
        if until is None:
            continue
        repayments = [r for r in facts.repayments if scope in facts.scopes(r.person, r.platform)]
        first = first_order_dates(purchases)
        for dimension in ("price_band", "category"):
            seen = {(p.currency, value) for p in purchases for value in parts[p.order, dimension]}
            seen |= {(r.currency, value) for r in repayments for value in _values(parts, r, dimension)}
            for day in days(min(first.values()), until):
                for currency, value in seen:
                    paid = [p for p in purchases if (p.day, p.currency) == (day, currency) and value in parts[p.order, dimension]]
                    repaid = [r for r in repayments if (r.day, r.currency) == (day, currency) and value in _values(parts, r, dimension)]
                    mart[day, currency, dimension, value, *scope] = _day(
                        paid,
                        sum((parts[p.order, dimension][value] for p in paid), Decimal(0)),
                        repaid if refunds_until and day <= refunds_until else None,
                        # A refund names no line: of an order with several values it is not known what was paid back.
                        all(len(_values(parts, r, dimension)) == 1 for r in repaid),
                        {person for person, of in first.items() if of == day},
                        active.get((scope, day)),
                        presences.present_if_known(scope, day),
                    )
    return mart


def _parts(facts: Facts, items: list[OrderItem]) -> Parts:
    parts: Parts = {}
    for purchase in facts.purchases:
        bands = [band.name for band in facts.rules.price_bands if _holds(band, purchase)]
        parts[purchase.order, "price_band"] = {bands[0] if bands else UNKNOWN: purchase.amount}
        lines = [item for item in items if (item.platform, item.account, item.order_id) == purchase.order]
        values: dict[str, Decimal] = {}
        for item in lines:
            category = item.category or UNKNOWN
            values[category] = values.get(category, Decimal(0)) + (item.amount or 0)
        rest = purchase.amount - sum((item.amount or Decimal(0) for item in lines), Decimal(0))
        if rest or not lines:
            values[UNKNOWN] = values.get(UNKNOWN, Decimal(0)) + rest
        parts[purchase.order, "category"] = values
    return parts


def _holds(band: PriceBand, purchase: Purchase) -> bool:
    return band.currency == purchase.currency and band.start <= purchase.amount and (band.end is None or purchase.amount < band.end)


def _values(parts: Parts, repayment: Repayment, dimension: str) -> set[str]:
    """The values of the order; of an order that nobody has seen, none."""
    return set(parts.get((repayment.order, dimension), {UNKNOWN: Decimal(0)}))


def _day(
    paid: list[Purchase],
    gross: Decimal,
    repaid: list[Repayment] | None,
    is_refund_known: bool,
    new: set[Person],
    active: set[Person] | None,
    present: frozenset[Person] | None,
) -> dict[str, Any]:
    paying = {p.person for p in paid}
    refund = sum((r.amount for r in repaid), Decimal(0)) if repaid is not None and is_refund_known else None
    net = None if refund is None else gross - refund
    return {
        "paying_members": len(paying),
        "orders": len(paid),
        "gross_amount": gross,
        "refund_amount": refund,
        "net_amount": net,
        "refunded_orders": None if repaid is None else len({r.order for r in repaid}),
        "aov": gross / len(paid) if paid else None,
        "arpu": net / len(paying) if paying and net is not None else None,
        "first_order_members": len(paying & new),
        "repeat_order_members": len(paying - new),
        "paying_active_members": None if active is None else len(paying & active),
        "active_members": None if active is None else len(active),
        "conversion_rate_active": None if active is None else ratio(len(paying & active), len(active)),
        "paying_present_members": None if present is None else len(paying & present),
        "present_members": None if present is None else len(present),
        "conversion_rate_members": None if present is None else ratio(len(paying & present), len(present)),
    }
