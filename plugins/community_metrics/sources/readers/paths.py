"""Paths through an API page, as templates write them.

``list[].details[]`` goes through every entry of `list` and every entry of its `details`. Of a record found that way,
``data.msg_total`` is one of its own fields, ``^msgid`` a field of the object that holds its list (``^^`` of the one above that),
``$.is_delay`` a field of the whole response and ``@owner_filter.userid_list[0]`` one of the request. ``tags[].tag_id`` within
a record is the list of them all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from community_metrics.sources.readers.model import scalar

_STEP = re.compile(r"(?P<key>[^\[\].]+)(?P<index>\[\d*\])?")


@dataclass(frozen=True)
class Node:
    """A record of a page: the value, the entries that hold it (outermost first, the response itself being the first), the request."""

    value: Any
    holders: tuple[Any, ...]
    request: Any


def iter_nodes(response: Any, request: Any, records: str) -> Iterator[Node]:
    """Every record at the path `records`; the response itself for an empty path."""
    yield from _walk(Node(response, (), request), _steps(records))


def has_field(response: Any, path: str) -> bool:
    """Whether any record has something at the path, whatever it is; a path that ends with ``[]`` wants a list."""
    head, _, key = path.rpartition(".")
    name = key.removesuffix("[]")
    holders = [node.value for node in iter_nodes(response, None, head) if isinstance(node.value, Mapping) and name in node.value]
    return any(isinstance(holder[name], list) for holder in holders) if key.endswith("[]") else bool(holders)


def text_at(node: Node, path: str) -> str | None:
    """The plain value at the path as text, a list of such values as JSON text; None where there is nothing."""
    value = value_at(node, path)
    if isinstance(value, list):
        texts = [scalar({"value": item}, "value") for item in value]
        return json.dumps([text for text in texts if text is not None], ensure_ascii=False) if texts else None
    return scalar({"value": value}, "value")


def value_at(node: Node, path: str) -> Any:
    """What stands at the path; None where there is nothing."""
    if path.startswith("@"):
        return _reach(node.request, _steps(path[1:]))
    if path.startswith("$."):
        return _reach(node.holders[0] if node.holders else node.value, _steps(path[2:]))
    levels = len(path) - len(path.lstrip("^"))
    if levels > len(node.holders):
        return None
    start = node.holders[-levels] if levels else node.value
    return _reach(start, _steps(path[levels:]))


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((match["key"], match["index"]) for match in _STEP.finditer(path))


def _walk(node: Node, steps: Sequence[tuple[str, str | None]]) -> Iterator[Node]:
    if not steps:
        yield node
        return
    (key, index), rest = steps[0], steps[1:]
    found = node.value.get(key) if isinstance(node.value, Mapping) else None
    if found is None:
        return
    # A list at the end of the path is gone through whether the template says so or not.
    is_list = isinstance(found, list) and (index is not None or not rest)
    for entry in found if is_list else [found]:
        yield from _walk(Node(entry, (*node.holders, node.value), node.request), rest)


def _reach(value: Any, steps: Sequence[tuple[str, str | None]]) -> Any:
    for position, (key, index) in enumerate(steps):
        value = value.get(key) if isinstance(value, Mapping) else None
        if index is None or value is None:
            continue
        if not isinstance(value, list):
            return None
        if index == "[]":
            return [_reach(entry, steps[position + 1 :]) for entry in value]
        place = int(index[1:-1])
        value = value[place] if place < len(value) else None
    return value
