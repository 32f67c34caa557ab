"""What a file states of itself, a totals row or a line of totals at its end, against what its rows add up to.

Rows that were put aside for another column still count where their figure can be read: the question is whether the file came
whole, and the quarantine says what of it could not be used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.sources.grammar import NUMERIC_KINDS, ColumnType, interpret
from community_metrics.sources.readers.model import SourceBatch
from community_metrics.sources.templates import StatedTotal, Template, header_key

# Sums of amounts of 16 digits with all the decimals that bills have (fees have five).
_EXACT = pa.decimal128(38, 8)


class StatedTotals:
    """Gathers both sides while a file is read; `compare` at the end."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._checks = template.totals.checks
        self._summed = {(check.stream, check.column) for check in self._checks if check.column is not None}
        self._found: Counter[tuple[str, str]] = Counter()
        self._stated: dict[str, str] = {}
        self._line: Sequence[str | None] | None = None

    def take_line(self, cells: Sequence[str | None]) -> bool:
        """Whether this is the line of headers of the totals at the end, or the line of figures below it."""
        start = self._template.totals.line_start
        if start is None or not cells:
            return False
        if header_key(cells[0]) == header_key(start):
            self._line = cells
            return True
        if self._line is None:
            return False
        self._stated |= {header_key(header): cell for header, cell in zip(self._line, cells, strict=False) if header and cell}
        self._line = None
        return True

    def take_row(self, stream: str, cells: Mapping[str, str | None]) -> None:
        """A row of totals under the table's own headers. `cells`: column or unknown header -> text."""
        for check in self._checks:
            if check.stream == stream and (text := cells.get(check.column or "")):
                self._stated.setdefault(header_key(check.header), text)

    def add(self, stream: str, columns: Mapping[str, pa.StringArray]) -> None:
        """Rows of a stream, in canonical text."""
        for name, column in self._summed:
            if name == stream and column is not None:
                total = pc.sum(columns[column].cast(_EXACT)).as_py()
                self._found[stream, column] += total if total is not None else 0

    def compare(self, rows: int) -> Iterator[dict[str, str]]:
        """`header`, `stated` and `found` of each total that the file states and that can be read. `rows`: without the totals."""
        for check in self._checks:
            text = self._stated.get(header_key(check.header))
            stated = _number(text, self._unit(check)) if text is not None else None
            if stated is not None:
                found = Decimal(rows) if check.column is None else Decimal(self._found[check.stream, check.column])
                yield {"header": check.header, "stated": _plain(stated), "found": _plain(found)}

    def _unit(self, check: StatedTotal) -> ColumnType:
        if check.column is None:
            return ColumnType("integer")
        stream = self._template.stream(check.stream)
        column = next(column for column in stream.columns if column.name == check.column)
        return ColumnType(stream.definition.column(check.column).kind, unit=column.unit)  # type: ignore[arg-type]


def mark_totals(template: Template, batch: SourceBatch) -> SourceBatch:
    """The same rows; one that begins with a word for totals and says nothing but figures is marked, though it would pass for
    a row (where the first column is a text, 合计 is a title like any other)."""
    if batch.first_cells is None or template.is_mapped:
        return batch
    candidates = pc.is_in(batch.first_cells, value_set=pa.array(sorted(template.totals.spellings), pa.string()))
    places = pc.indices_nonzero(candidates)
    if not len(places):
        return batch
    definition = template.stream(batch.stream).definition
    said = [
        values.take(places).to_pylist()
        for name, values in batch.columns.items()
        if definition.column(name).kind not in NUMERIC_KINDS and not batch.first_cells.equals(values)
    ]
    found = {place for index, place in enumerate(places.to_pylist()) if not any((column[index] or "").strip() for column in said)}
    if not found:
        return batch
    marked = pa.array([place in found for place in range(len(batch.row_numbers))], pa.bool_())
    return replace(batch, is_total=marked if batch.is_total is None else pc.or_(batch.is_total, marked))


def _number(text: str, kind: ColumnType) -> Decimal | None:
    outcome = interpret(text, kind)
    # 1.2万 has two digits: no sum of rows could be held against it.
    return Decimal(outcome.value) if outcome.value is not None and not outcome.is_rounded else None


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
