"""From a cell to the text that the column's grammar is given: what a template says of single columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.sources.templates import EVERY_OTHER, TemplateColumn


def shape(column: TemplateColumn, values: pa.StringArray) -> pa.StringArray:
    """Apply the column's `pattern` and `values`; most columns have neither and come back as they are."""
    if column.pattern is not None:
        values = _each_distinct(values, lambda text: match_groups(column.pattern or "", text))
    if column.values:
        if "" in column.values:
            values = pc.fill_null(values, "")
        values = _each_distinct(values, lambda text: translate(column.values, text))
    return values


def translate(words: Mapping[str, str | None], text: str) -> str | None:
    """The project's word for the file's; a word that the template does not name stays as it is, unless it names `*`."""
    word = text.strip()
    return words[word] if word in words else words.get(EVERY_OTHER, text)


def first_filled(columns: Sequence[pa.StringArray], null_tokens: frozenset[str]) -> pa.StringArray:
    """Of each row the first cell that says something."""
    filled = columns[0]
    for values in columns[1:]:
        says_nothing = pc.is_in(pc.utf8_trim_whitespace(filled), pa.array(sorted(null_tokens), pa.string()))
        filled = pc.if_else(pc.or_(filled.is_null(), says_nothing), values, filled)
    return filled


class FillDown:
    """Gives the rows of one thing what the file writes only in the first of them, across batches.

    A row begins another thing where the first column has a value that differs from the row before. Its own empty cells stay
    empty: nothing is taken over from the thing before.
    """

    def __init__(self) -> None:
        self._last: list[str | None] = []

    def fill(self, columns: Sequence[pa.StringArray]) -> list[pa.StringArray]:
        """The columns, the one that names the thing first."""
        if not columns or not len(columns[0]):
            return list(columns)
        last = self._last or [None] * len(columns)
        names = self._forward(self._blank_as_null(columns[0]), last[0])
        before = pa.concat_arrays([pa.array([last[0]], pa.string()), names[:-1]])
        begins = pc.fill_null(pc.not_equal(names, before), True)
        rest = [
            self._forward(pc.if_else(begins, pc.fill_null(self._blank_as_null(values), ""), self._blank_as_null(values)), carried)
            for values, carried in zip(columns[1:], last[1:], strict=True)
        ]
        self._last = [values[-1].as_py() for values in (names, *rest)]
        return [names, *rest]

    @staticmethod
    def _blank_as_null(values: pa.StringArray) -> pa.StringArray:
        return pc.if_else(pc.equal(pc.utf8_trim_whitespace(values), ""), pa.scalar(None, pa.string()), values)

    @staticmethod
    def _forward(values: pa.StringArray, carried: str | None) -> pa.StringArray:
        return pc.fill_null_forward(pa.concat_arrays([pa.array([carried], pa.string()), values]))[1:]


def strip_prefix(values: pa.StringArray, prefix: str) -> pa.StringArray:
    """Take off the mark that the platform writes before each cell."""
    if not prefix:
        return values
    return pc.if_else(pc.starts_with(values, prefix), pc.utf8_slice_codeunits(values, len(prefix)), values)


def match_groups(pattern: str, text: str) -> str | None:
    """The groups of the first match joined by `_`, or the whole match if there are no groups; None without a match."""
    match = re.search(pattern, text)
    return "_".join(filter(None, match.groups() or (match[0],))) if match else None


def _each_distinct(values: pa.StringArray, change: Callable[[str], str | None]) -> pa.StringArray:
    encoded = values.dictionary_encode()
    changed = pa.array([change(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return changed.take(encoded.indices)
