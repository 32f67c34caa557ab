"""What a case asks of the pipeline: roles of its events, definition rows, and how to read its answer from the marts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from community_metrics.oracles.cases import Case, Event, NotSupported, Person, local_moment
from community_metrics.oracles.marts import Marts

PERSON_FILTERS = frozenset({"person_filter", "person_filter_in", "exclude_person_email_contains", "person_in"})
COMMON_PARAMS = frozenset({"timezone", "week_start"}) | PERSON_FILTERS
OTHER = "other"


@dataclass(frozen=True)
class Matcher:
    """Which events a role of the question means: by name (one of several; None: every event) and by property values."""

    names: frozenset[str] | None
    properties: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, event: Event) -> bool:
        if self.names is not None and event.name not in self.names:
            return False
        return has_properties(event.properties, self.properties)


def matcher_of(params: Mapping[str, Any], event: str = "event", event_filter: str = "event_filter") -> Matcher:
    """The events that a question's parameters name: a name, a list of names (any of them), or nothing (every event)."""
    names = params.get(event)
    if names is not None:
        names = frozenset(str(name) for name in names) if isinstance(names, list) else frozenset({str(names)})
    return Matcher(names or None, params.get(event_filter) or {})


@dataclass(frozen=True)
class Plan:
    """How one case is put to the pipeline.

    `roles`: role -> events that play it; `last_date`: the last complete date of the export; events earlier than `since` or later
    than `until` are not in it; `definitions`: rows to add to definition files, by file; `read`: marts -> answer in the shape of
    `expected`; `with_properties`: whether the export has the events' properties.
    """

    case: Case
    roles: Mapping[str, Matcher]
    last_date: date
    until: datetime
    read: Callable[[Marts], Mapping[str, Any]]
    definitions: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    since: datetime | None = None
    with_properties: bool = False

    def event_type(self, role: str) -> str:
        return f"{self.case.slug}/{role}"

    def roles_of(self, event: Event) -> list[str]:
        return [role for role, matcher in self.roles.items() if matcher.matches(event)] or [OTHER]


def end_of_range(case: Case) -> datetime:
    """The last moment of `date_to`: a plain date is meant whole, an instant to the second."""
    text = str(case.required("date_to"))
    moment = local_moment(text, case.zone)
    return datetime.combine(moment.date(), time.max, tzinfo=case.zone) if len(text) == 10 else moment


def has_properties(properties: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Every wanted property has the wanted value, or one of them if several are wanted."""
    for name, value in wanted.items():
        allowed = value if isinstance(value, list) else [value]
        if name not in properties or str(properties[name]) not in {str(item) for item in allowed}:
            return False
    return True


def is_asked_about(person: Person, params: Mapping[str, Any]) -> bool:
    """Whether the question's person filters let this person in."""
    if not has_properties(person.properties, {**(params.get("person_filter") or {}), **(params.get("person_filter_in") or {})}):
        return False
    unwanted = params.get("exclude_person_email_contains")
    if unwanted and str(unwanted) in str(person.properties.get("email", "")):
        return False
    return params.get("person_in") is None or person.person_id in params["person_in"]


def require_known(case: Case, params: frozenset[str], answers: frozenset[str]) -> None:
    """Refuse a question, or an answer, of a kind that nothing here puts or reads. Raises `NotSupported`."""
    if case.params.get("breakdown"):
        raise NotSupported("breakdown by an arbitrary property")
    if case.params.get("actor") not in (None, "person"):
        raise NotSupported("groups as actors")
    asked = sorted(name for name in set(case.params) - params - COMMON_PARAMS if case.params[name] not in (None, [], {}))
    if asked:
        raise NotSupported(f"the question's `{'`, `'.join(asked)}`")
    unknown = sorted(set(case.expected) - answers)
    if unknown:
        raise NotSupported(f"an answer in the form `{'`, `'.join(unknown)}`")
