"""Taking people out of JSON: the objects that are about them, and what names them in objects about others.

Which object is about somebody is told by *paths*: keys from the object down to the id, as templates and chat readers have them. The
outermost object that has such a path with one of the ids goes as a whole; elsewhere the id goes, out of its list or with its key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from community_metrics.sources.envelopes import is_xml_callback, parse_xml_documents
from community_metrics.sources.envelopes.json_stream import DROPPED
from community_metrics.sources.registry import StreamDefinition
from community_metrics.sources.templates import StreamTemplate, Template

Path = tuple[str, ...]

ABOUT = frozenset({"member_id", "visitor_id", "unionid", "person_id"})
"""Columns whose person a row is about; another identifier names somebody in a row about others, unless the row needs it."""

_ORDER_SOURCES = ("orders", "order_items", "refunds")

# A short word, or a number of a few digits, is an id only where an id is expected.
_LEAST_CHARACTERS = 6
_LEAST_DIGITS = 9

_SLACK: frozenset[Path] = frozenset({("user",), ("id",)})
_TELEGRAM: frozenset[Path] = frozenset({("from_id",), ("actor_id",)})
_DISCORD: frozenset[Path] = frozenset({("author", "id"), ("id",)})
_OF_READERS: Mapping[str, frozenset[Path]] = {"slack_export": _SLACK, "telegram_export": _TELEGRAM, "discord_export": _DISCORD}

# List -> how many it has, where both stand side by side.
_COUNTED = {"users": "count", "recent": "count", "reply_users": "reply_users_count", "replies": "reply_count"}


def is_about(stream: StreamTemplate, column: str) -> bool:
    """Whether a row of the stream is about the person in this identifier, so that it goes with them: as no row is one without it."""
    needs = any(one.name == column and one.required == "value" for one in stream.columns)
    return column in ABOUT or needs or stream.definition.column(column).required


def names_order(stream: StreamDefinition) -> bool:
    """Whether a row of the stream is an order or belongs to one: it goes with the order's buyer."""
    return stream.source in _ORDER_SOURCES and any(column.name == "order_id" for column in stream.columns)


def paths_of(template: Template | None) -> frozenset[Path]:
    """Where a template's files say whom an object is about."""
    if template is None:
        return frozenset()
    if template.reader in _OF_READERS:
        return _OF_READERS[template.reader]
    found: set[Path] = set()
    for stream in template.streams:
        identifiers = {column.name for column in stream.definition.columns if column.namespace and is_about(stream, column.name)}
        identifiers |= {"order_id"} if names_order(stream.definition) else set()
        for column in stream.columns:
            if column.name in identifiers:
                found |= {path for text in column.path for path in _paths(stream.records, text)}
    return frozenset(path for path in found if path)


def _paths(records: str, text: str) -> Iterable[Path]:
    own = _steps(text.lstrip("^@").removeprefix("$."))
    if text.startswith("@"):
        return [("request", *own)]
    # What a page consists of alone goes with the page: without it, it would be a page of another kind.
    alone = _steps(records.rpartition("[]")[2])
    return [own] if text.startswith(("^", "$")) else [own, (*alone, *own)]


def _steps(path: str) -> Path:
    return tuple(step.partition("[")[0] for step in path.split(".") if step)


@dataclass
class Names:
    """The ids to take out of one file.

    `ids`: those of people whom the file itself names where it says whose its objects are; `mentions`: ids of theirs from anywhere, which
    may stand in texts. `removed`: objects that went, `cells`: ids that went out of others.
    """

    ids: frozenset[str]
    mentions: frozenset[str] = frozenset()
    paths: frozenset[Path] = frozenset()
    removed: int = 0
    cells: int = 0

    def __post_init__(self) -> None:
        keys = {path[-1] for path in self.paths}
        self._keys = frozenset(keys)
        long = sorted((one for one in self.ids | self.mentions if is_telling(one)), key=len, reverse=True)
        self.telling = frozenset(long)
        alternatives = "|".join(map(re.escape, long))
        self._pattern = re.compile(rf"(?<![0-9A-Za-z_-])(?:{alternatives})(?![0-9A-Za-z_-])") if long else None

    def prune(self, value: Any) -> Any:
        """What is left of a value that `MARKING_DECODER` has decoded; `DROPPED` if nothing is. Changes containers in place."""
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return self._list(value)
        return self.scrub(value) if isinstance(value, str) else value

    def _object(self, value: dict[str, Any]) -> Any:
        response = value.get("response")
        if (
            isinstance(response, str)
            and is_xml_callback(response.encode("utf-8", "replace"))
            and self.scrub(response, count=False) != response
        ):
            value["response"] = response = parse_xml_documents(response.encode("utf-8", "replace"), "response")[0]
        if any(self._is_one(_reach(value, path)) for path in self.paths):
            self.removed += 1
            return DROPPED
        for key in list(value):
            member = value[key]
            before = len(member) if isinstance(member, list) else 0
            if not isinstance(member, (dict, list)) and self._names(key, member):
                left: Any = DROPPED
                self.cells += 1
            elif key in self._keys and not isinstance(member, (dict, list)):
                left = member  # where the file says who somebody is, another id is somebody else
            else:
                left = self.prune(member)
            if left is not DROPPED:
                value[key] = left
                if (
                    isinstance(left, list)
                    and key in _COUNTED
                    and len(left) < before
                    and self._lower(value, _COUNTED[key], before - len(left))
                ):
                    return DROPPED
                continue
            del value[key]
            if key == "response" or not value:
                return DROPPED
        return value

    def _list(self, values: list[Any]) -> list[Any]:
        left = []
        for value in values:
            if _text(value) in self.ids or _text(value) in self.telling:
                self.cells += 1
            elif (pruned := self.prune(value)) is not DROPPED:
                left.append(pruned)
        return left

    def _lower(self, value: dict[str, Any], name: str, by: int) -> bool:
        """Count the removed ones off; whether nobody is left."""
        try:
            count = int(value[name]) - by
        except (KeyError, TypeError, ValueError):
            return False
        value[name] = str(max(count, 0)).encode()
        return name == "count" and count <= 0

    def _names(self, key: str, member: Any) -> bool:
        text = _text(member)
        return text in self.ids if key in self._keys else text in self.telling

    def _is_one(self, value: Any) -> bool:
        if isinstance(value, list):
            return len(value) == 1 and self._is_one(value[0])
        return _text(value) in self.ids

    def scrub(self, text: str, count: bool = True) -> str:
        """A text without the ids that stand in it as words."""
        if self._pattern is None:
            return text
        left, found = self._pattern.subn("", text)
        self.cells += found if count else 0
        return left


def is_telling(text: str) -> bool:
    """Whether the text is hardly anything but an id, wherever it stands."""
    return len(text) >= (_LEAST_DIGITS if text.isdecimal() else _LEAST_CHARACTERS)


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode()
    return value.strip() if isinstance(value, str) else None


def _reach(value: Any, path: Path) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
