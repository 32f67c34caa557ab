"""What must hold between the rows of the funnels' files; each cell by itself has been checked before.

A mistake names the file, the row and the column, because an analyst reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from community_metrics.errors import SettingsError

Rows = Sequence[tuple[int, list[str]]]
"""Row number and cells of every row below the header."""

FUNNELS, STEPS, EXCLUSIONS, FILTERS = "funnel_definitions.csv", "funnel_steps.csv", "funnel_exclusions.csv", "event_filters.csv"
WINDOW_UNITS = ("second", "minute", "hour", "day", "week", "month")
STEP_ORDERS = ("ordered", "strict", "unordered")
NUMBER_OPERATORS = ("greater", "at_least", "less", "at_most")
OPERATORS = ("is", "is_not", "contains", "not_contains", "is_set", "is_not_set", *NUMBER_OPERATORS)
# The models unroll their SQL over the steps of the longest funnel.
MOST_STEPS = 10

_SPECIAL_EVENTS = ("join", "activity", "purchase")
_EVENT_FIELDS = ("platform", "account_id", "content_id", "campaign_id", "value")
_PURCHASE_FIELDS = ("platform", "currency", "value")
_PROPERTY = re.compile(r'properties\.[^"\\]+')
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def check_funnels(folder: Path, rows: Mapping[str, Rows]) -> None:
    """Raises `SettingsError` for the first row that does not fit the others."""
    funnels = {cells[0] for _, cells in rows[FUNNELS]}
    event_types = {cells[0] for _, cells in rows["event_types.csv"]}
    fields = _check_filters(folder, rows[FILTERS])
    steps = _check_steps(folder, rows[STEPS], funnels)
    for number, cells in rows[FUNNELS]:
        if cells[0] not in steps:
            raise _error(folder, FUNNELS, number, "definition", f"{cells[0]!r} has no steps", f"add them to {STEPS}")
    for number, (definition, first, last, *_) in rows[EXCLUSIONS]:
        if definition not in steps:
            raise _error(folder, EXCLUSIONS, number, "definition", f"unknown funnel {definition!r}", f"add it to {FUNNELS}")
        if not int(first) < int(last) <= steps[definition]:
            wrong = f"steps {first} to {last} of a funnel with {steps[definition]}"
            raise _error(folder, EXCLUSIONS, number, "to_step", wrong, "an exclusion lies between two steps")
    for file in (STEPS, EXCLUSIONS):
        for number, cells in rows[file]:
            _check_event(folder, file, number, cells[-2], cells[-1], event_types, fields)


def _check_filters(folder: Path, rows: Rows) -> dict[str, set[str]]:
    """The fields that each filter reads."""
    fields: dict[str, set[str]] = {}
    for number, (name, field, operator, value) in rows:
        if field not in {*_EVENT_FIELDS, *_PURCHASE_FIELDS} and not _PROPERTY.fullmatch(field):
            known = f"{', '.join(dict.fromkeys((*_EVENT_FIELDS, *_PURCHASE_FIELDS)))} or properties.<name>"
            raise _error(folder, FILTERS, number, "field", f"unknown field {field!r}", f"write one of {known}")
        if operator in ("is_set", "is_not_set") and value:
            raise _error(folder, FILTERS, number, "value", f"{operator} compares with nothing", "leave the cell empty")
        if operator in NUMBER_OPERATORS and not _NUMBER.fullmatch(value):
            raise _error(folder, FILTERS, number, "value", f"{value!r} is no number", f"{operator} compares numbers")
        fields.setdefault(name, set()).add(field)
    return fields


def _check_steps(folder: Path, rows: Rows, funnels: set[str]) -> dict[str, int]:
    """The number of steps of each funnel."""
    names: dict[tuple[str, int], list[str]] = {}
    for number, (definition, step, name_en, name_zh, *_) in rows:
        if definition not in funnels:
            raise _error(folder, STEPS, number, "definition", f"unknown funnel {definition!r}", f"add it to {FUNNELS}")
        if names.setdefault((definition, int(step)), [name_en, name_zh]) != [name_en, name_zh]:
            raise _error(folder, STEPS, number, "name_en", f"step {step} has two names", "give all rows of a step the same names")
        if int(step) > MOST_STEPS:
            raise _error(folder, STEPS, number, "step_index", f"{step} steps", f"a funnel has at most {MOST_STEPS}")
    counts = {definition: sum(1 for name, _ in names if name == definition) for definition, _ in names}
    for number, (definition, step, *_) in rows:
        if int(step) > counts[definition]:
            raise _error(folder, STEPS, number, "step_index", f"a step before {step} is missing", "number the steps 1, 2, 3")
    return counts


def _check_event(
    folder: Path, file: str, number: int, event: str, event_filter: str, event_types: set[str], fields: Mapping[str, set[str]]
) -> None:
    if event not in event_types and event not in _SPECIAL_EVENTS:
        raise _error(folder, file, number, "event", f"unknown event {event!r}", "use join, activity, purchase or add it to event_types.csv")
    if event_filter and event_filter not in fields:
        raise _error(folder, file, number, "event_filter", f"unknown filter {event_filter!r}", f"add it to {FILTERS}")
    allowed = {"join": (), "purchase": _PURCHASE_FIELDS}.get(event, _EVENT_FIELDS)
    for field in sorted(fields.get(event_filter, ())):
        if field not in allowed and (event in ("join", "purchase") or not field.startswith("properties.")):
            raise _error(folder, file, number, "event_filter", f"a {event} has no {field}", "use another filter")


def _error(folder: Path, file: str, number: int, column: str, wrong: str, remedy: str) -> SettingsError:
    return SettingsError(wrong, f"{folder / file}, row {number}, column {column}", remedy)
