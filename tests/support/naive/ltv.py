"""mart_ltv_cohorts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from support.naive.activity import Mart
from support.naive.calendar import business_date, last_day, next_period
from support.naive.commerce import purchases_by_scope
from support.naive.facts import Facts, Purchase, Repayment, Scope
from support.naive.people import Person
from support.naive.presence import Presences

MONTH = "month"


def ltv_cohorts(facts: Facts, presences: Presences) -> Mart:
    """What a cohort's members paid, less what was paid back, by calendar month since they joined or first ordered."""
    mart: Mart = {}
    began = facts.since("orders")
    for scope, purchases in purchases_by_scope(facts).items():
        refunds_until = facts.until(scope, "refunds")
        currencies = {p.currency for p in purchases} | {r.currency for r in facts.repayments if scope in facts.scopes(r.person, r.platform)}
        kinds = {
            "joined": (_joined(facts, scope, presences), facts.until(scope, "memberships", "orders")),
            "first_order": (_first_orders(purchases), facts.until(scope, "orders")),
        }
        for kind, (entered, until) in kinds.items():
            if until is None or began is None:
                continue
            cohorts: dict[date, set[Person]] = {}
            for person, day in entered.items():
                if day <= until:
                    cohorts.setdefault(day.replace(day=1), set()).add(person)
            for cohort, members in cohorts.items():
                for currency in currencies:
                    is_known_from_start = began.replace(day=1) <= cohort
                    total: Decimal | None = Decimal(0) if is_known_from_start else None
                    month, index = cohort, 0
                    while month <= until:
                        end = last_day(MONTH, month)
                        has_orders = began.replace(day=1) <= month
                        has_refunds = refunds_until is not None and min(end, until) <= refunds_until
                        paid, repaid = _money(facts, scope, purchases, members, entered, currency, cohort, month, until)
                        net = paid - repaid if has_orders and has_refunds else None
                        total = total + net if total is not None and net is not None else None
                        is_mature = is_known_from_start and end <= until and refunds_until is not None and end <= refunds_until
                        mart[kind, cohort, index, currency, *scope] = {
                            "cohort_members": len(members),
                            "eligible_members": len(members) if is_mature else 0,
                            "gross_amount": paid if has_orders else None,
                            # Of orders nobody told yet nothing was paid back that would be known.
                            "refund_amount": repaid if has_orders and has_refunds else None,
                            "net_amount": net,
                            "cumulative_net_amount": total,
                            "cumulative_eligible_net_amount": total if is_mature else Decimal(0),
                            "ltv": total / len(members) if is_mature and total is not None else None,
                            "is_mature": is_mature,
                        }
                        month, index = next_period(MONTH, month), index + 1
    return mart


def _joined(facts: Facts, scope: Scope, presences: Presences) -> dict[Person, date]:
    zone = facts.rules.timezone
    return {p.person: business_date(p.start, zone) for p in presences.by_scope.get(scope, []) if p.is_first}


def _first_orders(purchases: list[Purchase]) -> dict[Person, date]:
    first: dict[Person, date] = {}
    for purchase in purchases:
        first[purchase.person] = min(first.get(purchase.person, purchase.day), purchase.day)
    return first


def _money(
    facts: Facts,
    scope: Scope,
    purchases: list[Purchase],
    members: set[Person],
    entered: dict[Person, date],
    currency: str,
    cohort: date,
    month: date,
    until: date,
) -> tuple[Decimal, Decimal]:
    """Paid and paid back in the month. An order of before the entry does not count, nor does its refund; what is dated before the
    cohort (a refund of an order that was dated anew) falls into the first month."""
    counting = {p.order: p for p in purchases if p.person in members and p.day >= entered[p.person]}

    def of_month(day: date) -> bool:
        return max(day.replace(day=1), cohort) == month and day <= until

    def repaid(repayment: Repayment) -> bool:
        return repayment.order in counting and repayment.currency == currency and of_month(repayment.day)

    return (
        sum((p.amount for p in counting.values() if p.currency == currency and of_month(p.day)), Decimal(0)),
        sum((r.amount for r in facts.repayments if repaid(r)), Decimal(0)),
    )
