"""Lifecycle cases -> `mart_lifecycle`. Peers say returning and resurrecting for retained and resurrected, and write dormant negative."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from community_metrics.oracles.cases import Case, NotSupported
from community_metrics.oracles.marts import Marts
from community_metrics.oracles.periods import Grain, last_day, period_starts
from community_metrics.oracles.plans import Plan, matcher_of, require_known

PARAMS = frozenset({"date_from", "date_to", "interval", "event", "new_rule", "event_filter", "interval_count"})
COLUMNS = {"new": ("new", 1), "returning": ("retained", 1), "resurrecting": ("resurrected", 1), "dormant": ("dormant", -1)}
GRAINS: dict[str, Grain] = {"day": "day", "week": "week", "month": "month"}


def plan_lifecycle(case: Case) -> Plan:
    """Raises `NotSupported`, `Unreadable`."""
    interval = str(case.required("interval"))
    if interval == "hour":
        raise NotSupported("hourly periods")
    if int(case.params.get("interval_count") or 1) != 1:
        raise NotSupported("periods of several days, weeks or months")
    require_known(case, PARAMS, frozenset(COLUMNS) | {"days"})
    grain = GRAINS.get(interval)
    if grain is None:
        raise NotSupported(f"periods of a `{interval}`")
    starts = period_starts(case.first_date(), case.local_date("date_to"), grain, case.week_start)
    last_date = last_day(starts[-1], grain)
    return Plan(
        case=case,
        roles={"counted": matcher_of(case.params)},
        last_date=last_date,
        until=datetime.combine(last_date, time.max, tzinfo=case.zone),
        read=lambda marts: _read(marts, case, grain, starts),
    )


def _read(marts: Marts, case: Case, grain: Grain, starts: list[date]) -> Mapping[str, Any]:
    answer: dict[str, Any] = {"days": [str(start) for start in starts]}
    for name, (column, sign) in COLUMNS.items():
        values = marts.series("mart_lifecycle", column, "period_start", case.slug, starts, f"period_grain = '{grain}'")
        answer[name] = [sign * value for value in values]
    return answer
