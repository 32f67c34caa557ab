"""A funnel question becomes rows of the funnels' files and one event per event; a kind of question that nothing puts is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from community_metrics.oracles.cases import Case, NotSupported, load_cases
from community_metrics.oracles.exports import write_definitions, write_exports
from community_metrics.oracles.funnels import plan_funnel
from community_metrics.oracles.plans import Plan
from community_metrics.warehouse.definitions import DEFAULTS, read_definitions
from oracles.case_files import event, person, write_cases


def plan(tmp_path: Path, **params: Any) -> Plan:
    case = {
        "name": "funnel",
        "metric": "funnel",
        "params": {
            "steps": [{"event": "visit"}, {"event": "pay", "filter": {"plan": ["paid", "team"], "is_new": True}}],
            "order": "ordered",
            "window": {"value": 14, "unit": "day"},
            "date_from": "2020-06-01",
            "date_to": "2020-06-02",
            "exclusions": [],
            **params,
        },
        "persons": [person("ann")],
        "events": [
            event("ann", "2020-06-01T09:00:00Z"),
            event("ann", "2020-06-01T10:00:00Z", name="pay", plan="team", is_new=True),
            event("ann", "2020-06-03T10:00:00Z"),
        ],
        "expected": {"counts": [1, 1]},
    }
    loaded = load_cases(write_cases(tmp_path / "cases", case))[0]
    assert isinstance(loaded, Case)
    return plan_funnel(loaded)


def rows(made: Plan, tmp_path: Path, file: str) -> list[dict[str, str]]:
    """The case's own rows of a definition file, out of files that the project would take."""
    folder = tmp_path / "definitions"
    write_definitions([made], read_definitions(DEFAULTS), folder)
    read_definitions(folder)
    with (folder / file).open(encoding="utf-8", newline="") as handle:
        return [row for row in csv.DictReader(handle) if next(iter(row.values())).startswith("case-0001")]


def test_every_event_is_told_once_with_its_properties(tmp_path: Path) -> None:
    write_exports([plan(tmp_path)], tmp_path / "inbox")
    (path,) = (tmp_path / "inbox" / "events").rglob("*.jsonl")
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(row["event_type"], json.loads(row["properties"])) for row in told] == [
        ("case-0001/visit", {}),
        ("case-0001/pay", {"plan": "team", "is_new": True}),
    ]


def test_a_filter_becomes_conditions_that_hold_together(tmp_path: Path) -> None:
    found = rows(plan(tmp_path), tmp_path, "event_filters.csv")
    assert [(row["field"], row["operator"], row["value"]) for row in found] == [
        ("properties.plan", "is", "paid|team"),
        ("properties.is_new", "is", "true"),
    ]


def test_steps_exclusions_and_the_window_are_declared(tmp_path: Path) -> None:
    leaving = {"event": "leave", "from_step": 0, "to_step": 1}
    steps = [{"event": None}, {"any_of": [{"event": "pay"}, {"event": "visit", "filter": {"n": {"operator": "gt", "value": 3}}}]}]
    made = plan(tmp_path, steps=steps, window={"value": 5, "unit": "minutes"}, exclusions=[leaving])
    assert [(row["step_index"], row["event"]) for row in made.definitions["funnel_steps.csv"]] == [
        ("1", "activity"),
        ("2", "case-0001/pay"),
        ("2", "case-0001/visit"),
    ]
    (funnel,) = rows(made, tmp_path, "funnel_definitions.csv")
    assert (funnel["window_length"], funnel["window_unit"], funnel["step_order"]) == ("5", "minute", "ordered")
    (exclusion,) = made.definitions["funnel_exclusions.csv"]
    assert (exclusion["from_step"], exclusion["to_step"], exclusion["event"]) == ("1", "2", "case-0001/leave")


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"breakdown": {"type": "event", "property": "browser"}}, "breakdown by an arbitrary property"),
        ({"steps": [{"event": "visit", "optional": True}]}, "a step's `optional`"),
        ({"steps": [{"event": "visit", "filter": {"plan": {"operator": "regex", "value": "p.*"}}}]}, "a filter of kind event, regex"),
        ({"order": "sideways"}, "steps `sideways`"),
        ({"window": {"value": 1, "unit": "decade"}}, "within 1 decade"),
        ({"sampling": 0.1}, "the question's `sampling`"),
    ],
)
def test_what_is_outside_the_product_is_refused_with_its_reason(tmp_path: Path, params: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotSupported, match=reason):
        plan(tmp_path, **params)
