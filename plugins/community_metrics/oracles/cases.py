"""The cases as they stand in the files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from community_metrics.errors import UsageError


class NotSupported(Exception):
    """The question is outside the product; the message is the reason."""


class Unreadable(Exception):
    """The case lacks something that every case of its kind has; the message says what."""


@dataclass(frozen=True)
class Event:
    user: str
    person: str | None
    name: str
    instant: datetime
    properties: dict[str, Any]


@dataclass(frozen=True)
class Person:
    person_id: str
    user_ids: tuple[str, ...]
    properties: dict[str, Any]
    created_at: datetime | None


@dataclass(frozen=True)
class Case:
    """One question and its asserted answer. `slug` is unique within a run: the platform under which the case is landed."""

    file: str
    name: str
    slug: str
    metric: str
    params: dict[str, Any]
    persons: tuple[Person, ...]
    events: tuple[Event, ...]
    expected: dict[str, Any]

    @property
    def timezone(self) -> str:
        return str(self.params.get("timezone") or "UTC")

    @property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise Unreadable(f"unknown time zone {self.timezone!r}") from error

    @property
    def week_start(self) -> str:
        return str(self.params.get("week_start") or "monday").lower()

    def required(self, name: str) -> Any:
        """A parameter that the question cannot do without."""
        if self.params.get(name) is None:
            raise Unreadable(f"the case has no `{name}`")
        return self.params[name]

    def local_date(self, name: str) -> date:
        """A parameter's date in the case's time zone; a plain date is that date."""
        return local_moment(str(self.required(name)), self.zone).date()

    def first_date(self) -> date:
        """The date from which the question asks; without one, the date of the first event."""
        if self.params.get("date_from") is not None:
            return self.local_date("date_from")
        if not self.events:
            raise Unreadable("the case has neither `date_from` nor events")
        return min(event.instant for event in self.events).astimezone(self.zone).date()


def local_moment(text: str, zone: ZoneInfo) -> datetime:
    """`2020-01-31` (its midnight) or an ISO instant, as local time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{text!r} is neither a date nor an instant") from error
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


@dataclass(frozen=True)
class UnreadableCase:
    """An entry that is no case; it counts as failed."""

    file: str
    name: str
    reason: str


def load_cases(folder: Path) -> list[Case | UnreadableCase]:
    """Every case of the folder's `*.json` files, in the files' order. Raises `UsageError` if there is none or a file is not JSON."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise UsageError("no case files", str(folder), "name a folder with *.json files: make oracles DIR=<folder>")
    cases: list[Case | UnreadableCase] = []
    for path in paths:
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))["cases"]
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"not a file of cases: {error}", str(path), 'a file is {"meta": ..., "cases": [...]}') from error
        for entry in entries:
            cases.append(_case(entry, path.name, len(cases) + 1))
    return cases


def _case(entry: Any, file: str, number: int) -> Case | UnreadableCase:
    try:
        metric = str(entry["metric"])
        return Case(
            file=file,
            name=str(entry["name"]),
            slug=f"case-{number:04d}",
            metric=metric,
            params=dict(entry["params"]),
            persons=tuple(_person(person) for person in entry["persons"]),
            events=tuple(_event(event) for event in entry["events"]),
            expected=dict(entry["expected"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        name = str(entry.get("name", number)) if isinstance(entry, dict) else str(number)
        return UnreadableCase(file, name, f"not a case: {type(error).__name__} {error}")


def _person(entry: dict[str, Any]) -> Person:
    created = entry.get("created_at")
    return Person(
        person_id=str(entry["id"]),
        user_ids=tuple(str(user) for user in entry["distinct_ids"]),
        properties=dict(entry.get("props") or {}),
        created_at=datetime.fromisoformat(created) if created else None,
    )


def _event(entry: dict[str, Any]) -> Event:
    instant = datetime.fromisoformat(str(entry["ts"]))
    if instant.tzinfo is None:
        raise ValueError(f"{entry['ts']} has no offset")
    person = entry["person"]
    return Event(str(entry["user"]), None if person is None else str(person), str(entry["event"]), instant, dict(entry.get("props") or {}))
