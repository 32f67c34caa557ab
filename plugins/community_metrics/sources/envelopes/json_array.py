"""A JSON array of objects, streamed into columns of text: what many programs export instead of JSON Lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.byte_streams import ByteSource
from community_metrics.sources.envelopes.json_lines import ObjectTable
from community_metrics.sources.envelopes.json_stream import HeadSource, Place, Treatment, walk_json
from community_metrics.sources.envelopes.json_text import MARKING_DECODER, cells_of, json_text
from community_metrics.sources.envelopes.model import Kind, RawTable


class JsonArrayTable(ObjectTable[Any]):
    """One element of the array a row: the first is row 1."""

    kind: Kind = "json"

    def _entries(self) -> Iterator[tuple[int, Any]]:
        yield from self._elements(self._source)

    def _head_entries(self) -> Iterator[tuple[int, Any]]:
        """Those of the first MiB. What is wrong with the document is said when it is read."""
        try:
            yield from self._elements(HeadSource(self._source))
        except InputError:
            return

    def _elements(self, source: ByteSource) -> Iterator[tuple[int, Any]]:
        for place, value in walk_json(source, self._limits, _route, MARKING_DECODER):
            yield (int(place[0]) + 1 if place else 1), value

    def _cells(self, entry: Any) -> dict[str, str | None]:
        return cells_of(entry)

    def _text(self, entry: Any) -> str:
        return json_text(entry)

    def _size(self, entry: Any) -> int:
        # Of nested values nothing is known without walking through them; the limit for one value bounds them.
        return sum(len(value) if isinstance(value, str) else 64 for value in entry.values()) if isinstance(entry, dict) else 64


def open_json_array(source: ByteSource, limits: Limits) -> list[RawTable]:
    """The table of an array that has an object near its beginning; none for other documents."""
    table = JsonArrayTable(source, limits)
    return [table] if table.grid_head[0] else []


def _route(place: Place) -> Treatment:
    return "take" if place else "enter"
