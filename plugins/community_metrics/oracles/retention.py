"""Retention cases -> `retention_definitions` rows and `mart_retention`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from community_metrics.oracles.cases import Case, NotSupported
from community_metrics.oracles.marts import Marts, NoRow
from community_metrics.oracles.periods import Grain, add_periods, last_day, period_start
from community_metrics.oracles.plans import Plan, matcher_of, require_known

PARAMS = frozenset(
    {
        "period", "total_intervals", "date_to", "target_event", "returning_event", "retention_type", "cumulative",
        "minimum_occurrences", "actor", "breakdown", "target_filter", "returning_filter",
    }
)  # fmt: skip
ANSWERS = frozenset({"values", "dates", "actors_of_row"})
GRAINS: dict[str, Grain] = {"day": "day", "week": "week", "month": "month"}
COHORT_MODES = {
    "retention_recurring": "recurring",
    "retention_first_time": "first_time",
    # The first event of the name ever; without a filter that is the first entry event ever.
    "retention_first_ever_occurrence": "first_time",
}


def plan_retention(case: Case) -> Plan:
    """Raises `NotSupported`, `Unreadable`."""
    if case.params.get("period") == "Hour":
        raise NotSupported("hourly periods")
    require_known(case, PARAMS, ANSWERS)
    params = case.params
    grain = GRAINS.get(str(case.required("period")).lower())
    mode = COHORT_MODES.get(str(case.required("retention_type")))
    if grain is None or mode is None:
        raise NotSupported(f"cohorts by `{params['period']}` of kind `{params['retention_type']}`")
    if params["retention_type"] == "retention_first_ever_occurrence" and params.get("target_filter"):
        raise NotSupported("an entry that is the first event of its name ever and has a property as well")
    total = int(case.required("total_intervals"))
    last_start = period_start(case.local_date("date_to"), grain, case.week_start)
    starts = [add_periods(last_start, grain, index - total + 1) for index in range(total)]
    last_date = last_day(last_start, grain)

    entry = matcher_of(params, "target_event", "target_filter")
    returning = matcher_of(params, "returning_event", "returning_filter")
    roles = {"entry": entry} if entry == returning else {"entry": entry, "return": returning}
    return Plan(
        case=case,
        roles=roles,
        last_date=last_date,
        until=datetime.combine(last_date, time.max, tzinfo=case.zone),
        definitions={
            "retention_definitions.csv": [
                {
                    "definition": case.slug,
                    "entry_event": f"{case.slug}/entry",
                    "return_event": f"{case.slug}/entry" if entry == returning else f"{case.slug}/return",
                    "cohort_mode": mode,
                    "minimum_occurrences": str(params.get("minimum_occurrences") or 1),
                    "horizon_days": str(max(total, 90)),
                    "horizon_weeks": str(max(total, 52)),
                    "horizon_months": str(max(total, 24)),
                }
            ]
        },
        read=lambda marts: _read(marts, case, grain, starts),
    )


def _read(marts: Marts, case: Case, grain: Grain, starts: list[date]) -> Mapping[str, Any]:
    column = "retained_members_rolling" if case.params.get("cumulative") else "retained_members"
    cells = {
        (scope_type, scope_id, start, index): value
        for scope_type, scope_id, start, index, value in marts.rows(
            f"""
            select scope_type, scope_id, cohort_start, period_index, {column} from marts.mart_retention
            where definition = ? and period_grain = ? and scope_type in ('platform', 'community')
            """,
            [case.slug, grain],
        )
    }
    answer: dict[str, Any] = {
        "values": [_row(cells, ("platform", case.slug), starts, row) for row in range(len(starts))],
        "dates": [str(start) for start in starts],
    }
    if "dates" in case.expected:
        # Some cases assert the first labels only.
        answer["dates"] = answer["dates"][: len(case.expected["dates"])]
    if "actors_of_row" in case.expected:
        answer["actors_of_row"] = {row: _actors(cells, case, starts, int(row)) for row in case.expected["actors_of_row"]}
    return answer


Cells = Mapping[tuple[str, str, date, int], int]


def _row(cells: Cells, scope: tuple[str, str], starts: list[date], row: int) -> list[int]:
    """One cohort's row of the triangle. A cohort that nobody is in has no cells: zeros. Raises `NoRow` if a cohort lacks a cell."""
    indexes = range(len(starts) - row)
    has_cohort = (*scope, starts[row], 0) in cells
    if has_cohort and (missing := [index for index in indexes if (*scope, starts[row], index) not in cells]):
        raise NoRow(f"mart_retention: cohort {starts[row]} has no period_index {missing}")
    return [cells.get((*scope, starts[row], index), 0) for index in indexes]


def _actors(cells: Cells, case: Case, starts: list[date], row: int) -> dict[str, list[int]]:
    """Who is in a cohort's row and in which periods: read at the persons' own communities."""
    actors = {}
    for person in case.persons:
        values = _row(cells, ("community", f"{case.slug}::{person.person_id}"), starts, row)
        if any(values):
            actors[person.person_id] = [index for index, value in enumerate(values) if value]
    return actors
