"""Cases of our own in the peers' form, for testing the runner itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def event(user: str, ts: str, name: str = "visit", person: str | None = "", **properties: Any) -> dict[str, Any]:
    return {"user": user, "person": user if person == "" else person, "event": name, "ts": ts, "props": properties}


def person(person_id: str, *user_ids: str, created_at: str | None = None, **properties: Any) -> dict[str, Any]:
    record: dict[str, Any] = {"id": person_id, "distinct_ids": list(user_ids or (person_id,)), "props": properties}
    return {**record, "created_at": created_at} if created_at else record


def retention_case(**changes: Any) -> dict[str, Any]:
    """Ann visits on three days, Ben (two ids) on two, Cat on one: Monday 2020-06-01 to Thursday 2020-06-04."""
    case: dict[str, Any] = {
        "name": "retention by day",
        "metric": "retention",
        "params": {
            "period": "Day",
            "total_intervals": 4,
            "date_to": "2020-06-04",
            "timezone": "UTC",
            "week_start": "monday",
            "target_event": "visit",
            "returning_event": "visit",
            "retention_type": "retention_recurring",
            "cumulative": False,
            "minimum_occurrences": 1,
            "actor": "person",
        },
        "persons": [person("ann"), person("ben", "ben-phone", "ben-desk"), person("cat", email="cat@test.example")],
        "events": [
            event("ann", "2020-06-01T09:00:00Z", plan="paid"),
            event("ann", "2020-06-02T09:00:00Z"),
            event("ann", "2020-06-04T23:30:00Z", plan="paid"),
            event("ben-phone", "2020-06-01T10:00:00Z", person="ben"),
            event("ben-desk", "2020-06-03T10:00:00Z", person="ben", plan="paid"),
            event("cat", "2020-06-02T11:00:00Z"),
            event("ghost", "2020-06-02T12:00:00Z", person=None),
        ],
        "expected": {"values": [[2, 1, 1, 1], [2, 0, 1], [1, 0], [1]]},
    }
    return {**case, **changes, "params": {**case["params"], **changes.get("params", {})}}


def write_cases(folder: Path, *cases: Any, name: str = "own.json") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps({"meta": {}, "cases": list(cases)}), encoding="utf-8")
    return folder
