"""Stickiness cases -> `stickiness_definitions` rows and `mart_stickiness`. A question's range of dates is a declared window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from community_metrics.oracles.cases import Case, NotSupported, Unreadable
from community_metrics.oracles.marts import Marts
from community_metrics.oracles.periods import Grain, period_start, period_starts
from community_metrics.oracles.plans import Plan, end_of_range, matcher_of, require_known

PARAMS = frozenset(
    {"date_from", "date_to", "interval", "interval_count", "event", "events", "event_filter", "criteria", "computed_as"}
)  # fmt: skip
ANSWERS = frozenset({"data", "count", "data_at", "people_at", "people_count", "days", "labels"})
GRAINS: dict[str, Grain] = {"day": "day", "week": "week", "month": "month"}
COLUMNS = {"non_cumulative": "members", "cumulative": "members_at_least"}


def plan_stickiness(case: Case) -> Plan:
    """Raises `NotSupported`, `Unreadable`."""
    interval = str(case.params.get("interval") or "day")
    if interval == "hour":
        raise NotSupported("hourly periods")
    if int(case.params.get("interval_count") or 1) != 1:
        raise NotSupported("periods of several days, weeks or months")
    require_known(case, PARAMS, ANSWERS)
    grain = GRAINS.get(interval)
    if grain is None:
        raise NotSupported(f"periods of a `{interval}`")
    column = COLUMNS.get(str(case.params.get("computed_as") or "non_cumulative"))
    if column is None:
        raise NotSupported(f"`computed_as` {case.params['computed_as']!r}")
    last = case.local_date("date_to")
    # The first period is a whole one, the last one ends where the question does.
    first = period_start(case.first_date(), grain, case.week_start)
    if first > last:
        raise Unreadable(f"the range ends on {last}, before it begins on {first}")
    periods = len(period_starts(first, last, grain, case.week_start))
    least, most = _limits(case.params.get("criteria"))
    return Plan(
        case=case,
        roles={"counted": matcher_of(case.params)},
        last_date=last,
        until=end_of_range(case),
        definitions={
            "stickiness_definitions.csv": [
                {
                    "definition": case.slug,
                    "event": f"{case.slug}/counted",
                    "window_kind": "range",
                    "first_date": str(first),
                    "last_date": str(last),
                    "period_grain": grain,
                    "minimum_occurrences": least,
                    "maximum_occurrences": most,
                }
            ]
        },
        read=lambda marts: _read(marts, case, column, first, periods),
    )


def _limits(criteria: Mapping[str, Any] | None) -> tuple[str, str]:
    """How often the event must, and may, happen in a period: a period in which it does not happen is never active."""
    if not criteria:
        return "1", ""
    operator, value = str(criteria.get("operator")), int(criteria["value"])
    limits = {
        "gte": (value, None),
        "gt": (value + 1, None),
        "lte": (1, value),
        "lt": (1, value - 1),
        "exact": (value, value),
        "eq": (value, value),
    }
    if operator not in limits:
        raise NotSupported(f"the criterion `{operator}`")
    least, most = limits[operator]
    least = max(least, 1)
    if most is not None and most < least:
        raise NotSupported("a criterion that a period without the event fulfils")
    return str(least), "" if most is None else str(most)


def _read(marts: Marts, case: Case, column: str, first: date, periods: int) -> Mapping[str, Any]:
    """A scope without a row has nobody in it; the histogram of one that has rows is whole."""
    found = {
        (scope_type, scope_id, number): (members, at_least)
        for scope_type, scope_id, number, members, at_least in marts.rows(
            """
            select scope_type, scope_id, active_periods, members, members_at_least from marts.mart_stickiness
            where window_grain = ? and window_start = ? and scope_type in ('platform', 'community')
            """,
            [case.slug, first],
        )
    }

    def value(number: int, kind: str = column, scope: tuple[str, str] = ("platform", case.slug)) -> int:
        members, at_least = found.get((*scope, number), (0, 0))
        return int(members if kind == "members" else at_least)

    data = [value(number) for number in range(1, periods + 1)]
    answer: dict[str, Any] = {"data": data, "count": sum(data)}
    if "data_at" in case.expected:
        answer["data_at"] = {number: value(int(number)) for number in case.expected["data_at"]}
    if "people_at" in case.expected:
        answer["people_at"] = {
            number: [p.person_id for p in case.persons if value(int(number), scope=("community", f"{case.slug}::{p.person_id}"))]
            for number in case.expected["people_at"]
        }
    if "people_count" in case.expected:
        answer["people_count"] = {key: _people(key, value) for key in case.expected["people_count"]}
    return answer


def _people(key: str, value: Any) -> int:
    """`exact:2` or `gte:2`: members in exactly two periods, or in two or more."""
    kind, _, number = key.partition(":")
    if kind not in ("exact", "gte"):
        raise NotSupported(f"an answer in the form `people_count` {key!r}")
    return int(value(int(number), "members" if kind == "exact" else "members_at_least"))
