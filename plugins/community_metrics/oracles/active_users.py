"""Active-user and volume cases -> `mart_activity_daily`, `mart_activity_hourly` and, per week and month, `mart_lifecycle`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from community_metrics.oracles.cases import Case, NotSupported, local_moment
from community_metrics.oracles.marts import Marts
from community_metrics.oracles.periods import Grain, last_day, period_start, period_starts
from community_metrics.oracles.plans import Plan, end_of_range, matcher_of, require_known

PARAMS = frozenset({"date_from", "date_to", "math", "interval", "event", "event_filter", "display"})
ANSWERS = frozenset({"aggregated_value", "data", "first", "last", "sum", "at"})
TRAILING = {"weekly_active": "wau_7", "monthly_active": "mau_30"}
HOURLY = {"total": "events", "dau": "active_members"}
GRAINS: dict[str, Grain] = {"day": "day", "week": "week", "month": "month"}

Reader = Callable[[Marts], dict[str, int]]


def plan_active_users(case: Case) -> Plan:
    """Raises `NotSupported`, `Unreadable`."""
    require_known(case, PARAMS, ANSWERS)
    math, interval = str(case.required("math")), str(case.params.get("interval") or "day")
    first, last = case.first_date(), case.local_date("date_to")
    if case.params.get("display") == "aggregate":
        series = _aggregate_reader(case, math, first, last)
    else:
        series = _series_reader(case, math, interval, first, last)
    grain = GRAINS.get(interval, "day")
    return Plan(
        case=case,
        roles={"counted": matcher_of(case.params)},
        last_date=last_day(period_start(last, grain, case.week_start), grain),
        # A trailing window looks back before the range, everything else does not.
        since=None if math in TRAILING else datetime.combine(first, time.min, tzinfo=case.zone),
        until=end_of_range(case),
        definitions=_range_window(case, math, first, last),
        read=lambda marts: _answer(case, series(marts)),
    )


def _aggregate_reader(case: Case, math: str, first: date, last: date) -> Reader:
    """One number for a whole range: its volume, its distinct members, or the trailing window at its end however long the range."""
    if math == "total":
        return lambda marts: {str(last): _volume(marts, case.slug, first, last)}
    if math == "dau":
        return lambda marts: {str(last): _members_of_range(marts, case.slug, first)}
    if math not in TRAILING:
        raise NotSupported(f"`math` {math!r}")
    column = TRAILING[math]
    return lambda marts: {str(last): marts.series("mart_activity_daily", column, "business_date", case.slug, [last])[0]}


def _series_reader(case: Case, math: str, interval: str, first: date, last: date) -> Reader:
    slug = case.slug
    if math not in TRAILING and math not in HOURLY:
        raise NotSupported(f"`math` {math!r}")
    if interval == "hour":
        if math in TRAILING:
            raise NotSupported("trailing windows by the hour")
        return lambda marts: _hours(marts, case, HOURLY[math])
    grain = GRAINS.get(interval)
    if grain is None:
        raise NotSupported(f"periods of a `{interval}`")
    starts = period_starts(first, last, grain, case.week_start)
    if math in TRAILING:
        # By the week or month too, the window is the one that ends on the period's first day.
        return lambda marts: _labelled(starts, marts.series("mart_activity_daily", TRAILING[math], "business_date", slug, starts))
    if math == "dau":
        if grain == "day":
            return lambda marts: _labelled(starts, marts.series("mart_activity_daily", "dau", "business_date", slug, starts))
        # Distinct members of a week or month are not a sum over its days: the lifecycle counts them.
        where = f"period_grain = '{grain}'"
        return lambda marts: _labelled(starts, marts.series("mart_lifecycle", "active", "period_start", slug, starts, where))
    return lambda marts: _labelled(starts, [_volume(marts, slug, max(start, first), min(last_day(start, grain), last)) for start in starts])


def _range_window(case: Case, math: str, first: date, last: date) -> Mapping[str, Sequence[Mapping[str, str]]]:
    """Distinct members of a range of dates: those active on at least one day of a declared window."""
    if math != "dau" or case.params.get("display") != "aggregate":
        return {}
    window = {
        "definition": case.slug,
        "event": f"{case.slug}/counted",
        "window_kind": "range",
        "first_date": str(first),
        "last_date": str(last),
        "period_grain": "day",
        "minimum_occurrences": "1",
        "maximum_occurrences": "",
    }
    return {"stickiness_definitions.csv": [window]}


def _members_of_range(marts: Marts, slug: str, first: date) -> int:
    rows = marts.rows(
        """
        select members_at_least from marts.mart_stickiness
        where window_grain = ? and window_start = ? and active_periods = 1 and scope_type = 'platform'
        """,
        [slug, first],
    )
    return int(rows[0][0]) if rows else 0


def _volume(marts: Marts, slug: str, first: date, last: date) -> int:
    """Events of a period: the one kind of number here that adds up over days."""
    dates = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return sum(marts.series("mart_activity_daily", "interactions", "business_date", slug, dates))


def _hours(marts: Marts, case: Case, column: str) -> dict[str, int]:
    """The hourly mart has only hours in which something happened; the question has every hour."""
    first = local_moment(str(case.params["date_from"]), case.zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    last = local_moment(str(case.params["date_to"]), case.zone).replace(tzinfo=None)
    found = {
        (day, hour): value
        for day, hour, value in marts.rows(
            f"select business_date, hour, {column} from marts.mart_activity_hourly where scope_type = 'platform' and scope_id = ?",
            [case.slug],
        )
    }
    series = {}
    while first <= last:
        series[first.isoformat()] = int(found.get((first.date(), first.hour), 0))
        first += timedelta(hours=1)
    return series


def _labelled(starts: list[date], values: list[int]) -> dict[str, int]:
    return dict(zip((str(start) for start in starts), values, strict=True))


def _answer(case: Case, series: Mapping[str, int]) -> Mapping[str, Any]:
    values = list(series.values())
    answer: dict[str, Any] = {"data": values, "first": values[0], "last": values[-1], "sum": sum(values), "aggregated_value": values[-1]}
    if "at" in case.expected:
        answer["at"] = {label: series.get(label) for label in case.expected["at"]}
    return answer
