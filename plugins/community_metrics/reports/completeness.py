"""Which days a release holds whole, and what is missing, late, held back or put aside in a period: all by `mart_data_status`.

A day is whole when everything that is owed for it is complete; completeness, not the clock, decides when a report is due. A home
without daily sources owes nothing: there a day is whole when some source is complete on it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from community_metrics.releases.marts import mart_names, mart_relation
from community_metrics.reports.periods import KINDS, Kind, Period, period_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STATUS = "mart_data_status"
# How long after its end a report is still news, counted in the release's own days. What is completed later stands in the report of the
# longer period; of an account that has fallen silent for good the days become complete all at once, after 35 days.
_NEWS_DAYS = {"day": 14, "week": 35, "month": 62}


@dataclass(frozen=True)
class SourceState:
    """What is to be known of an account's days in a period. `missing`: owed and not complete; `late` of them: others have come."""

    source: str
    account: str
    missing: tuple[date, ...]
    late: int
    held: int
    quarantined: int
    restated: int


def whole_days(connection: DuckDBPyConnection) -> list[date]:
    """In order; empty for a release that does not know what has come."""
    if STATUS not in mart_names(connection):
        return []
    rows = connection.execute(
        f"""
        select business_date from {mart_relation(STATUS)}
        group by business_date
        having bool_and(complete or not expected)
            and case when (select bool_or(expected) from {mart_relation(STATUS)}) then bool_or(expected) else bool_or(complete) end
        order by business_date
        """
    ).fetchall()
    return [day for (day,) in rows]


def whole_periods(days: Collection[date], kind: Kind, week_start: str) -> list[Period]:
    """The periods all of whose days are among `days`, in order."""
    known = set(days)
    periods = {period_of(kind, day, week_start) for day in known}
    return sorted(period for period in periods if known.issuperset(period.days))


def newsworthy(days: Collection[date], kinds: Collection[Kind], week_start: str) -> list[Period]:
    """The whole periods that are not long over, by the newest whole day: the longest kind last, the oldest first."""
    if not days:
        return []
    return [
        period
        for kind in KINDS
        if kind in kinds
        for period in whole_periods(days, kind, week_start)
        if max(days) - period.last <= timedelta(days=_NEWS_DAYS[kind])
    ]


def source_states(connection: DuckDBPyConnection, period: Period) -> list[SourceState]:
    """Of the accounts that have anything to tell: days that are missing, rows held back, put aside or delivered again otherwise."""
    if STATUS not in mart_names(connection):
        return []
    rows = connection.execute(
        f"""
        select
            source, account_id, list(business_date order by business_date) filter (where expected and not complete),
            count(*) filter (where late), sum(held), sum(quarantined), sum(restated)
        from {mart_relation(STATUS)} where business_date between ? and ?
        group by source, account_id order by source, account_id
        """,
        [period.first, period.last],
    ).fetchall()
    states = [
        SourceState(source, account, tuple(missing or ()), late, int(held or 0), int(aside or 0), int(restated or 0))
        for source, account, missing, late, held, aside, restated in rows
    ]
    return [state for state in states if state.missing or state.held or state.quarantined or state.restated]
