"""Writes plans as a user would hand them in: files in the landing's inbox and rows of the definition files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from community_metrics.errors import SettingsError
from community_metrics.oracles.plans import OTHER, Plan, is_asked_about

Row = Mapping[str, str]


def write_definitions(plans: Sequence[Plan], definitions: Mapping[str, str], folder: Path) -> None:
    """Write the definition files (name -> text) with the cases' event types and definitions added.

    Raises `SettingsError` for a file that lacks a column.
    """
    folder.mkdir(parents=True)
    for name, text in definitions.items():
        (folder / name).write_text(text, encoding="utf-8")
    event_types = [
        {
            "event_type": plan.event_type(role),
            "is_activity": str(role != OTHER).lower(),
            "is_message": "false",
            "name_en": plan.event_type(role),
            "name_zh": plan.event_type(role),
        }
        for plan in plans
        for role in (*plan.roles, OTHER)
    ]
    _append(folder / "event_types.csv", event_types)
    for name in sorted({name for plan in plans for name in plan.definitions}):
        _append(folder / name, [row for plan in plans for row in plan.definitions.get(name, ())])


def write_exports(plans: Iterable[Plan], inbox: Path) -> None:
    """One `events` export per case, taken on the day after the question's last period, and the records that go with it."""
    for plan in plans:
        taken_on = plan.last_date + timedelta(days=1)
        for source, rows in (("events", _events(plan)), ("members", _members(plan)), ("identity_links", _links(plan))):
            if rows:
                folder = inbox / source / "_" / f"dt={taken_on}"
                folder.mkdir(parents=True, exist_ok=True)
                lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
                (folder / f"{plan.case.slug}.jsonl").write_text(lines, encoding="utf-8")


def _events(plan: Plan) -> Sequence[Row]:
    case = plan.case
    asked_about = {person.person_id for person in case.persons if is_asked_about(person, case.params)}
    rows = []
    for number, event in enumerate(case.events):
        if event.instant > plan.until or (plan.since is not None and event.instant < plan.since):
            continue
        for role in plan.roles_of(event):
            rows.append(
                {
                    "event_id": f"{number}-{role}",
                    "occurred_at": _text(event.instant),
                    "platform": case.slug,
                    "member_id": event.user,
                    "community_id": event.person or event.user,
                    "event_type": plan.event_type(role),
                    "actor_type": "member" if event.person in asked_about else "test",
                    **({"properties": json.dumps(event.properties, ensure_ascii=False)} if plan.with_properties else {}),
                }
            )
    return rows


def _members(plan: Plan) -> Sequence[Row]:
    return [
        {"platform": plan.case.slug, "member_id": user, "created_at": _text(person.created_at)}
        for person in plan.case.persons
        if person.created_at is not None
        for user in person.user_ids
    ]


def _links(plan: Plan) -> Sequence[Row]:
    return [
        {"platform": plan.case.slug, "member_id": user, "person_id": f"{plan.case.slug}/{person.person_id}", "status": "linked"}
        for person in plan.case.persons
        if len(person.user_ids) > 1
        for user in person.user_ids
    ]


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def _append(path: Path, rows: Sequence[Row]) -> None:
    with path.open(encoding="utf-8", newline="") as handle:
        columns = next(csv.reader(handle))
    missing = sorted({name for row in rows for name in row} - set(columns))
    if missing:
        raise SettingsError(f"has no column {', '.join(missing)}", str(path), "the cases need the definition files of this version")
    with path.open("a", encoding="utf-8", newline="") as handle:
        csv.DictWriter(handle, columns, restval="", lineterminator="\n").writerows(rows)
