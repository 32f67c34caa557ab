"""mart_reconciliation by plain loops: every line, stay and message is looked at and asked why it is in one figure and not in the other."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from community_metrics.warehouse.definitions import DEFAULTS
from support.histories.platform_figures import (
    CORPORATION,
    FINAL_UNTIL,
    KNOWN_UNTIL,
    MERCHANT,
    Bill,
    GroupDay,
    Line,
    PlatformHistory,
    Stay,
)
from support.naive.activity import Mart

GRAIN = ("metric", "platform", "account_id", "business_date", "reason")
BILL_STEPS = ("quarantined", "other_lines", "superseded", "not_successful", "duplicates", "staff", "bot", "test", "late")
MEMBER_STEPS = ("staff", "bot", "test", "merged_identities", "quarantined", "late", "not_covered")
STEPS: Mapping[str, tuple[str, ...]] = {
    "orders": BILL_STEPS,
    "gross_amount": tuple(step for step in BILL_STEPS if step != "other_lines"),
    "refund_amount": tuple(step for step in BILL_STEPS if step != "other_lines"),
    "members": MEMBER_STEPS,
    "followers": MEMBER_STEPS,
    "messages": tuple(step for step in MEMBER_STEPS if step != "merged_identities"),
}


@dataclass(frozen=True)
class Claim:
    """An order or a refund in force."""

    day: date
    amount: Decimal
    becomes: str


def reconcile(history: PlatformHistory) -> Mart:
    mart: Mart = {}
    for metric in ("orders", "gross_amount", "refund_amount"):
        _bills(mart, history, metric)
    for metric in ("members", "followers", "messages"):
        _counts(mart, history, metric)
    return mart


def _tell(
    mart: Mart, place: tuple[str, str, str, date], currency: str | None, reported: Any, ours: Any, steps: Mapping[str, Any] | None
) -> None:
    metric = place[0]
    unknown = reported is None or ours is None or steps is None
    rest = None if unknown else Decimal(ours) - Decimal(reported) - sum(map(Decimal, steps.values()), Decimal(0))  # type: ignore[union-attr]
    changes: list[tuple[str, Any]] = [(step, None if unknown else Decimal(steps.get(step, 0))) for step in STEPS[metric]]  # type: ignore[union-attr]
    for number, (reason, change) in enumerate([*changes, ("unexplained", rest)], start=1):
        mart[*place, reason] = {
            "step_index": number,
            "currency": currency,
            "reported": None if reported is None else Decimal(reported),
            "change": change,
            "ours": None if ours is None else Decimal(ours),
            "assessment": _assess(metric, reported, change) if reason == "unexplained" and change is not None else None,
        }


def _assess(metric: str, reported: Any, change: Decimal) -> str:
    with (DEFAULTS / "reconciliation_tolerances.csv").open(encoding="utf-8", newline="") as handle:
        (row,) = [row for row in csv.DictReader(handle) if row["metric"] == metric]
    for level in ("critical", "warning"):
        above, share = row[f"{level}_above"], row[f"{level}_share"]
        if above and abs(change) > max(Decimal(above), Decimal(share) * abs(Decimal(reported))):
            return level
    return "within"


# Bills


def _bills(mart: Mart, history: PlatformHistory, metric: str) -> None:
    if not history.bills:
        return
    is_refund = metric == "refund_amount"
    claims = _refunds(history) if is_refund else _orders(history)

    def worth(amount: Decimal) -> Decimal:
        return Decimal(1) if metric == "orders" else amount

    newest: dict[date, Bill] = {}
    for bill in sorted(history.bills, key=lambda bill: bill.made):
        newest[bill.day] = bill
    for day in _days(newest):
        ours = sum((worth(c.amount) for c in claims.values() if c.day == day and c.becomes == "counted"), Decimal(0))
        place = (metric, "wechat_pay", MERCHANT, day)
        currency = None if metric == "orders" else "CNY"
        if day not in newest:
            _tell(mart, place, currency, None, ours, None)
            continue
        bill = newest[day]
        lines = [line for line in bill.lines if metric == "orders" or (line.refund is not None) == is_refund]
        usable = [line for line in lines if _is_usable(line)]
        wanted = [line for line in usable if (line.refund is not None) == is_refund]
        ids = {line.refund if is_refund else line.order for line in wanted}
        standing = {name: claim for name, claim in claims.items() if name in ids and claim.day == day}
        steps: Counter[str] = Counter()
        steps["quarantined"] = -sum(worth(line.amount) for line in lines if line not in usable)  # type: ignore[assignment]
        steps["other_lines"] = -(len(usable) - len(wanted)) if metric == "orders" else 0
        steps["superseded"] = sum(worth(c.amount) for c in standing.values()) - sum(worth(line.amount) for line in wanted)  # type: ignore[assignment]
        for claim in standing.values():
            if claim.becomes != "counted":
                steps[claim.becomes] -= worth(claim.amount)  # type: ignore[assignment]
        for name, claim in claims.items():
            if name not in ids and claim.day == day and claim.becomes == "counted":
                steps["late"] += worth(claim.amount)  # type: ignore[assignment]
        stated = sum((worth(line.amount) for line in lines), Decimal(0)) + (bill.rounding if metric == "gross_amount" else 0)
        _tell(mart, place, currency, stated, ours, steps)


def _is_usable(line: Line) -> bool:
    return line.buyer is not None or line.refund is not None


def _versions(history: PlatformHistory) -> Iterable[tuple[Bill, Line]]:
    """Lines that can be used, the newest last."""
    for bill in sorted(history.bills, key=lambda bill: bill.snapshot_at):
        yield from ((bill, line) for line in bill.lines if _is_usable(line))


def _orders(history: PlatformHistory) -> dict[str, Claim]:
    found: dict[str, Claim] = {}
    of_shop = _of_shop(history)
    for bill, line in _versions(history):
        if line.refund is None:
            becomes = "not_successful" if line.is_revoked else "duplicates" if _transaction(line) in of_shop else "counted"
            found[line.order] = Claim(bill.day, line.amount, _actor(history, line.buyer, becomes))
    for row in history.orders:
        if row.platform == "wechat_pay":
            found.pop(row.order, None)
            if not row.is_deleted:
                becomes = "duplicates" if row.transaction in of_shop else "counted"
                found[row.order] = Claim(row.day, row.amount, _actor(history, row.buyer, becomes))
    return found


def _refunds(history: PlatformHistory) -> dict[str, Claim]:
    found: dict[str, Claim] = {}
    orders, of_shop = _orders(history), _of_shop(history)
    for bill, line in _versions(history):
        if line.refund is None:
            if line.is_revoked:
                # The line tells of a refund too, of nothing.
                found[_transaction(line)] = Claim(bill.day, Decimal(0), "not_successful")
            continue
        order = orders.get(line.order)
        if line.is_processing or (order is not None and order.becomes == "not_successful"):
            becomes = "not_successful"
        elif _transaction(line) in of_shop:
            becomes = "duplicates"
        else:
            becomes = order.becomes if order is not None else "counted"
        found[line.refund] = Claim(bill.day, line.amount, becomes)
    return found


def _transaction(line: Line) -> str:
    return line.transaction or f"42{line.order}"


def _of_shop(history: PlatformHistory) -> set[str]:
    return {row.transaction for row in history.orders if row.platform == "shop" and row.transaction and not row.is_deleted}


def _actor(history: PlatformHistory, who: str | None, becomes: str) -> str:
    return history.actors.get(who or "", "counted") if becomes == "counted" else becomes


# Counts


def _counts(mart: Mart, history: PlatformHistory, metric: str) -> None:
    reported = _reported(history, metric)
    known = [day for day, figure in reported.items() if figure is not None]
    for day in _days(known):
        figure = reported.get(day)
        place = (metric, "wecom", CORPORATION, day)
        if day > KNOWN_UNTIL:
            _tell(mart, place, None, figure, None, None)
            continue
        steps: Counter[str] = Counter()
        aside = 0
        if metric == "messages":
            said = [m for m in history.messages if m.day == day and m.kind == "message" and m.group]
            kinds = Counter(history.actors.get(m.member, "member") for m in said)
            ours = kinds.pop("member", 0)
            steps.update({kind: -count for kind, count in kinds.items()})
            begun = {m.group for m in history.messages if m.group and m.kind and m.day <= day and m.member not in history.actors}
            aside = sum(1 for m in history.messages if m.kind is None and m.day == day)
        else:
            stays = [s for s in _stays(history) if s.joined <= day and (s.left is None or s.left > day)]
            members = [s for s in stays if s.member not in history.actors]
            ours = len({(history.links.get(s.member, s.member), s.group) for s in members})
            steps["merged_identities"] = ours - len(members)
            for stay in stays:
                if stay.member in history.actors:
                    steps[history.actors[stay.member]] -= 1
            begun = {s.group for s in _stays(history) if s.joined <= day and s.member not in history.actors}
            aside = sum(1 for s in history.stays if s.group is None and s.joined <= day)
        if figure is None:
            _tell(mart, place, None, None, ours, None)
            continue
        rest = ours - figure - sum(steps.values())
        if rest < 0:
            steps["quarantined"] = -min(-rest, aside)
            rest -= steps["quarantined"]
        groups = _figure(history, day, lambda f: f.chats_with_messages if metric == "messages" else f.chats)
        if day > FINAL_UNTIL:
            steps["late"] = rest
        elif rest < 0 and (metric == "followers" or (groups is not None and groups > len(begun))):
            steps["not_covered"] = rest
        _tell(mart, place, None, figure, ours, steps)


def _stays(history: PlatformHistory) -> list[Stay]:
    """The last row of a key counts; a stay of no length is none."""
    rows = {(s.member, s.group, s.joined): s for s in history.stays if s.group is not None}
    nine, ten = time(9), time(10)
    return [s for s in rows.values() if s.left is None or datetime.combine(s.left, ten) > datetime.combine(s.joined, nine)]


def _reported(history: PlatformHistory, metric: str) -> dict[date, int | None]:
    if metric == "followers":
        return dict(history.followers)
    days = {figure.day for figure in history.figures}
    return {day: _figure(history, day, lambda f: f.members if metric == "members" else f.messages) for day in days}


def _figure(history: PlatformHistory, day: date, of: Callable[[GroupDay], int | None]) -> int | None:
    """What is said of everybody; else the sum over owners, if everyone known by then has reported."""
    for figure in history.figures:
        if figure.owner is None and figure.day == day and of(figure) is not None:
            return of(figure)
    owners = {figure.owner for figure in history.figures if figure.owner is not None and figure.day <= day}
    told = [of(figure) for figure in history.figures if figure.owner is not None and figure.day == day]
    values = [value for value in told if value is not None]
    return sum(values) if values and len(values) == len(owners) else None


def _days(some: Iterable[date]) -> list[date]:
    found = sorted(some)
    return [found[0] + timedelta(days=n) for n in range((found[-1] - found[0]).days + 1)] if found else []
