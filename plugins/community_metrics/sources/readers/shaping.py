"""From a cell to the text that the column's grammar is given: what a template says of single columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.sources.templates import TemplateColumn

EVERY_OTHER = "*"


def shape(column: TemplateColumn, values: pa.StringArray) -> pa.StringArray:
    """Apply the column's `pattern` and `values`; most columns have neither and come back as they are."""
    if column.pattern is not None:
        values = _each_distinct(values, lambda text: match_groups(column.pattern or "", text))
    if column.values:
        values = _each_distinct(values, lambda text: translate(column.values, text))
    return values


def translate(words: Mapping[str, str | None], text: str) -> str | None:
    """The project's word for the file's; a word that the template does not name stays as it is, unless it names `*`."""
    word = text.strip()
    return words[word] if word in words else words.get(EVERY_OTHER, text)


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
