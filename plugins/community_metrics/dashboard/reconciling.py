"""What the trust page says of the platforms' own figures: for each of them the last day that both sides know, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

MART = "mart_reconciliation"
UNEXPLAINED = "unexplained"
DAYS = 90
"""The figures of how many days are counted, back from the last one of the account."""


@dataclass(frozen=True)
class Step:
    reason: str
    change: str


@dataclass(frozen=True)
class Reconciled:
    """One figure of one account. `steps`: those that are not zero, without the unexplained one. `assessment`: within, warning, critical;
    '' if no day is known on both sides. `beyond`, `known`, `days`: how many of the last days are beyond the tolerance, known, there."""

    metric: str
    platform: str
    account: str
    day: str
    currency: str
    reported: str
    steps: Sequence[Step]
    unexplained: str
    ours: str
    assessment: str
    days: int
    known: int
    beyond: int


def read_reconciliation(connection: duckdb.DuckDBPyConnection, marts: Mapping[str, Any]) -> list[Reconciled]:
    """Of the release's marts, one per figure and account; what is beyond its tolerance first. Empty without the mart."""
    if MART not in marts:
        return []
    rows = connection.execute(
        f"""
        with numbered as (
            select
                *,
                max(business_date) over (partition by metric, platform, account_id) as last_date,
                max(case when change is not null then business_date end) over (partition by metric, platform, account_id) as shown_date
            from marts.{MART}
        )
        select
            metric, platform, account_id, shown_date::varchar,
            max(currency),
            max(reported) filter (business_date = shown_date),
            max(ours) filter (business_date = shown_date),
            coalesce(max(assessment) filter (business_date = shown_date), ''),
            max(change) filter (business_date = shown_date and reason = '{UNEXPLAINED}'),
            list(reason order by step_index) filter (business_date = shown_date and reason <> '{UNEXPLAINED}' and change <> 0),
            list(change order by step_index) filter (business_date = shown_date and reason <> '{UNEXPLAINED}' and change <> 0),
            count(distinct business_date),
            count(distinct business_date) filter (change is not null),
            count(*) filter (assessment in ('warning', 'critical'))
        from numbered
        where business_date > last_date - {DAYS}
        group by metric, platform, account_id, shown_date
        """
    ).fetchall()
    return sorted(map(_reconciled, rows), key=lambda found: (_ORDER.index(found.assessment), found.metric, found.platform, found.account))


_ORDER = ("critical", "warning", "within", "")


def _reconciled(row: Sequence[Any]) -> Reconciled:
    metric, platform, account, day, currency, reported, ours, assessment, rest, reasons, changes, days, known, beyond = row
    steps = tuple(Step(reason, _signed(change)) for reason, change in zip(reasons or (), changes or (), strict=True))
    return Reconciled(
        metric=metric,
        platform=platform,
        account=account,
        day=day or "",
        currency=currency or "",
        reported=_figure(reported),
        steps=steps,
        unexplained=_signed(rest),
        ours=_figure(ours),
        assessment=assessment,
        days=days,
        known=known,
        beyond=beyond,
    )


def _figure(value: Decimal | None) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if value % 1 else f"{value:,.0f}"


def _signed(value: Decimal | None) -> str:
    if value is None or not value:
        return "" if value is None else "0"
    return f"{'+' if value > 0 else '−'}{_figure(abs(value))}"
