"""mart_conversion_daily and mart_repurchase."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from support.naive.activity import Mart, by_scope, known_dates, ratio
from support.naive.calendar import GRAINS, days, last_day, period_start
from support.naive.facts import Facts, Purchase, Repayment, Scope
from support.naive.people import Person
from support.naive.presence import Presences

HORIZONS = (7, 14, 30, 60, 90, 180, 365)


def purchases_by_scope(facts: Facts) -> dict[Scope, list[Purchase]]:
    found: dict[Scope, list[Purchase]] = {}
    for purchase in facts.purchases:
        for scope in facts.scopes(purchase.person, purchase.platform):
            found.setdefault(scope, []).append(purchase)
    return found


def first_order_dates(purchases: list[Purchase]) -> dict[Person, date]:
    first: dict[Person, date] = {}
    for purchase in purchases:
        first[purchase.person] = min(first.get(purchase.person, purchase.day), purchase.day)
    return first


def conversion_daily(facts: Facts, presences: Presences) -> Mart:
    repayments: dict[Scope, list[Repayment]] = {}
    for repayment in facts.repayments:
        for scope in facts.scopes(repayment.person, repayment.platform):
            repayments.setdefault(scope, []).append(repayment)
    active = active_members(facts)
    mart: Mart = {}
    for scope, purchases in purchases_by_scope(facts).items():
        until = facts.until(scope, "orders")
        refunds_until = facts.until(scope, "refunds")
        refunded = repayments.get(scope, [])
        first = first_order_dates(purchases)
        if not until:
            continue
        for day in days(min(first.values()), until):
            present = presences.present_if_known(scope, day)
            for currency in {p.currency for p in purchases} | {r.currency for r in refunded}:
                mart[day, currency, *scope] = _day(
                    [p for p in purchases if (p.day, p.currency) == (day, currency)],
                    [r for r in refunded if (r.day, r.currency) == (day, currency)] if refunds_until and day <= refunds_until else None,
                    first,
                    day,
                    active.get((scope, day)),
                    present,
                )
    return mart


def active_members(facts: Facts) -> dict[tuple[Scope, date], set[Person]]:
    """Per scope and known date who was active."""
    found: dict[tuple[Scope, date], set[Person]] = {}
    for scope, activities in by_scope(facts).items():
        known = known_dates(facts, scope, activities)
        for day in days(*known) if known else ():
            found[scope, day] = {a.person for a in activities if a.day == day}
    return found


def _day(
    purchases: list[Purchase],
    refunded: list[Repayment] | None,
    first: dict[Person, date],
    day: date,
    active: set[Person] | None,
    present: frozenset[Person] | None,
) -> dict[str, Any]:
    paying = {p.person for p in purchases}
    gross = sum((p.amount for p in purchases), Decimal(0))
    refund = None if refunded is None else sum((r.amount for r in refunded), Decimal(0))
    net = None if refund is None else gross - refund
    return {
        "paying_members": len(paying),
        "orders": len(purchases),
        "gross_amount": gross,
        "refund_amount": refund,
        "net_amount": net,
        "refunded_orders": None if refunded is None else len({r.order for r in refunded}),
        "aov": gross / len(purchases) if purchases else None,
        "arpu": net / len(paying) if paying and net is not None else None,
        "first_order_members": sum(1 for p in paying if first[p] == day),
        "repeat_order_members": sum(1 for p in paying if first[p] < day),
        "paying_active_members": None if active is None else len(paying & active),
        "active_members": None if active is None else len(active),
        "conversion_rate_active": None if active is None else ratio(len(paying & active), len(active)),
        "paying_present_members": None if present is None else len(paying & present),
        "present_members": None if present is None else len(present),
        "conversion_rate_members": None if present is None else ratio(len(paying & present), len(present)),
    }


def repurchase(facts: Facts) -> Mart:
    mart: Mart = {}
    for scope, purchases in purchases_by_scope(facts).items():
        until = facts.until(scope, "orders")
        if not until:
            continue
        first = {person: day for person, day in first_order_dates(purchases).items() if day <= until}
        later = {
            person: min(others)
            for person, day in first.items()
            if (others := [p.day for p in purchases if p.person == person and day < p.day])
        }
        for grain in GRAINS:
            cohorts: dict[date, set[Person]] = {}
            for person, day in first.items():
                cohorts.setdefault(period_start(grain, day, facts.rules.week_start), set()).add(person)
            for cohort, members in cohorts.items():
                for horizon in HORIZONS:
                    window = timedelta(days=horizon)
                    again = {p for p in members if p in later and later[p] <= first[p] + window}
                    eligible = {p for p in members if first[p] + window <= until}
                    mart[grain, cohort, horizon, *scope] = {
                        "first_order_members": len(members),
                        "repurchased_members": len(again),
                        "eligible_members": len(eligible),
                        "repurchased_eligible_members": len(again & eligible),
                        "repurchase_rate": ratio(len(again & eligible), len(eligible)),
                        "is_mature": last_day(grain, cohort) + window <= until,
                    }
    return mart
