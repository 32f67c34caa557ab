"""Funnel cases -> rows of the funnels' definition files and `mart_funnel`, grain `all`.

Every event is told once, under a type of its own name: one event must not fill two steps. What a step asks of an event's properties
is a named filter. Events outside the question's dates are not in the export.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from community_metrics.oracles.cases import Case, NotSupported, Unreadable
from community_metrics.oracles.marts import Marts
from community_metrics.oracles.plans import Matcher, Plan, end_of_range, require_known
from community_metrics.warehouse.funnel_definitions import MOST_STEPS, STEP_ORDERS, WINDOW_UNITS

PARAMS = frozenset({"steps", "order", "window", "date_from", "date_to", "exclusions"})
ANSWERS = frozenset({"counts", "people", "avg_seconds", "median_seconds"})
EVENT_KEYS = frozenset({"event", "filter", "name", "from_step", "to_step"})
ANY_OF_KEYS = ("events", "any_of", "actions")
OPERATORS = {
    "exact": "is", "is": "is", "equals": "is", "is_not": "is_not", "not_equals": "is_not", "icontains": "contains", "contains": "contains",
    "not_icontains": "not_contains", "not_contains": "not_contains", "is_set": "is_set", "is_not_set": "is_not_set",
    "gt": "greater", "gte": "at_least", "lt": "less", "lte": "at_most",
}  # fmt: skip

Alternative = tuple[str | None, tuple[tuple[str, str, str], ...]]
"""An event (None: any) and conditions on its properties, all of which hold: property, operator, value."""
Row = Mapping[str, str]


def plan_funnel(case: Case) -> Plan:
    """Raises `NotSupported`, `Unreadable`."""
    require_known(case, PARAMS, ANSWERS)
    steps = [list(_alternatives(step)) for step in case.required("steps")]
    exclusions = [(row, list(_alternatives(row))) for row in case.params.get("exclusions") or ()]
    if len(steps) > MOST_STEPS:
        raise NotSupported(f"funnels of more than {MOST_STEPS} steps")
    named = {name for alternatives in (*steps, *(found for _, found in exclusions)) for name, _ in alternatives if name is not None}
    names = sorted(named | {event.name for event in case.events})
    if case.params.get("date_to") is not None:
        until = end_of_range(case)
    elif case.events:
        until = max(event.instant for event in case.events).astimezone(case.zone)
    else:
        raise Unreadable("the case has neither `date_to` nor events")
    date_from = case.params.get("date_from")
    return Plan(
        case=case,
        roles={name: Matcher(frozenset({name})) for name in names},
        last_date=until.date(),
        since=None if date_from is None else _beginning(case),
        until=until,
        definitions=_definitions(case, steps, exclusions),
        read=lambda marts: _read(marts, case, len(steps)),
        with_properties=True,
    )


def _beginning(case: Case) -> datetime:
    text = str(case.params["date_from"])
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time.min, tzinfo=case.zone)
    return datetime.fromisoformat(text).astimezone(case.zone)


def _alternatives(step: Mapping[str, Any]) -> Iterator[Alternative]:
    """The events that a step or an exclusion accepts."""
    listed = next((step[key] for key in ANY_OF_KEYS if step.get(key)), None)
    if listed is not None:
        for entry in listed:
            yield from _alternatives(entry if isinstance(entry, Mapping) else {"event": entry})
        return
    unknown = sorted(set(step) - EVENT_KEYS - set(ANY_OF_KEYS))
    if unknown:
        raise NotSupported(f"a step's `{'`, `'.join(unknown)}`")
    names = step.get("event")
    for name in names if isinstance(names, list) else [names]:
        yield (None if name is None else str(name)), tuple(_conditions(step.get("filter") or {}))


def _conditions(wanted: Any) -> Iterator[tuple[str, str, str]]:
    """`{property: value}`, `{property: {operator, value}}` or `[{key, operator, value}]` as conditions."""
    if isinstance(wanted, Mapping):
        wanted = [{"key": key, **(value if isinstance(value, Mapping) else {"value": value})} for key, value in wanted.items()]
    for condition in wanted:
        operator = OPERATORS.get(str(condition.get("operator") or "exact"))
        if operator is None or condition.get("type") not in (None, "event"):
            raise NotSupported(f"a filter of kind {condition.get('type') or 'event'}, {condition.get('operator')}")
        value = condition.get("value")
        values = [] if operator in ("is_set", "is_not_set") else [_text(item) for item in (value if isinstance(value, list) else [value])]
        if any("|" in item for item in values) or any(mark in str(condition["key"]) for mark in '"\\'):
            raise NotSupported("a filter on a text with | or a property with a quotation mark")
        yield f"properties.{condition['key']}", operator, "|".join(values)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _definitions(
    case: Case, steps: Sequence[Sequence[Alternative]], exclusions: Sequence[tuple[Mapping[str, Any], Sequence[Alternative]]]
) -> dict[str, list[Row]]:
    order, window = str(case.params.get("order") or "ordered"), case.required("window")
    unit = str(window["unit"]).lower().removesuffix("s")
    if order not in STEP_ORDERS or unit not in WINDOW_UNITS:
        raise NotSupported(f"steps `{order}` within {window['value']} {window['unit']}")
    filters: dict[tuple[tuple[str, str, str], ...], str] = {}

    def event(alternative: Alternative) -> Row:
        name, conditions = alternative
        if name is None:
            # Of any event only this case's: other cases share the run.
            conditions = (("platform", "is", case.slug), *conditions)
        event_filter = filters.setdefault(conditions, f"{case.slug}/{len(filters) + 1}") if conditions else ""
        return {"event": "activity" if name is None else f"{case.slug}/{name}", "event_filter": event_filter}

    step_rows = [
        {"definition": case.slug, "step_index": str(index), "name_en": f"step {index}", "name_zh": f"第 {index} 步", **row}
        for index, alternatives in enumerate(steps, start=1)
        for row in _distinct(event(alternative) for alternative in alternatives)
    ]
    exclusion_rows = [
        {"definition": case.slug, "from_step": str(int(span["from_step"]) + 1), "to_step": str(int(span["to_step"]) + 1), **row}
        for span, alternatives in exclusions
        for row in _distinct(event(alternative) for alternative in alternatives)
    ]
    funnel = {
        "definition": case.slug,
        "name_en": case.slug,
        "name_zh": case.slug,
        "window_length": str(window["value"]),
        "window_unit": unit,
        "step_order": order,
    }
    return {
        "funnel_definitions.csv": [funnel],
        "funnel_steps.csv": list(step_rows),
        "funnel_exclusions.csv": list(exclusion_rows),
        "event_filters.csv": [
            {"event_filter": name, "field": field, "operator": operator, "value": value}
            for conditions, name in filters.items()
            for field, operator, value in conditions
        ],
    }


def _distinct(rows: Iterator[Row]) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        if row not in found:
            found.append(row)
    return found


def _read(marts: Marts, case: Case, steps: int) -> Mapping[str, Any]:
    """A platform on which nobody entered has no rows: zeros."""
    rows = marts.rows(
        """
        select scope_type, scope_id, step_index, reached_members, avg_seconds_from_previous, median_seconds_from_previous
        from marts.mart_funnel where definition = ? and period_grain = 'all' and scope_type in ('platform', 'community')
        """,
        [case.slug],
    )
    cells = {(scope_type, scope_id, step): values for scope_type, scope_id, step, *values in rows}
    answer: dict[str, Any] = {"counts": [_cell(cells, case, step, 0) or 0 for step in range(1, steps + 1)]}
    for place, name in ((1, "avg_seconds"), (2, "median_seconds")):
        wanted = case.expected.get(name) or {}
        answer[name] = {step: _close(seconds, _cell(cells, case, int(step), place)) for step, seconds in wanted.items()}
    answer["people"] = {step: _people(cells, case, int(step), listed) for step, listed in (case.expected.get("people") or {}).items()}
    return answer


Cells = Mapping[tuple[str, str, int], Sequence[Any]]


def _cell(cells: Cells, case: Case, step: int, place: int) -> Any:
    values = cells.get(("platform", case.slug, step))
    return None if values is None else values[place]


def _close(expected: Any, found: float | None) -> Any:
    """Seconds that agree to the microsecond are the same: peers add them up in another order."""
    if found is not None and isinstance(expected, int | float) and math.isclose(expected, found, rel_tol=0, abs_tol=1e-6):
        return expected
    return found


def _people(cells: Cells, case: Case, step: int, listed: Sequence[str]) -> list[str]:
    """Who reached the step, read at the persons' own communities, in the order in which the case lists them."""
    found = {
        person.person_id for person in case.persons if any(cells.get(("community", f"{case.slug}::{person.person_id}", step), [0])[:1])
    }
    return [person for person in listed if person in found] + sorted(found - set(listed))
