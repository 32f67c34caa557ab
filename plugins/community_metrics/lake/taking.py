"""The rows of landings that are read with one template: each goes to the lake, to the quarantine or to the totals.

Rows of several landings may come in one batch. Their numbers are then *keys*: the place of the landing in the group and the
row's number in its file. Of a landing that is read alone the key is the number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, Protocol

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.lake.books import LandingBook
from community_metrics.lake.extras import extras_as_json, keep_extras
from community_metrics.lake.normalising import Circumstances, NormalisedBatch, Normaliser, derive_columns, hash_identifiers
from community_metrics.lake.pseudonyms import SEPARATOR, Pseudonymiser
from community_metrics.lake.quarantine import BadRow, mask
from community_metrics.lake.readiness import mark_unready
from community_metrics.lake.repeating import TextColumn
from community_metrics.lake.row_rules import require_one_of
from community_metrics.settings import Settings
from community_metrics.sources.envelopes import RowProblem
from community_metrics.sources.readers.model import SourceBatch
from community_metrics.sources.registry import SNAPSHOT, StreamDefinition
from community_metrics.sources.templates import StreamTemplate, Template, header_key

ROW_BITS = 40
_ROW_MASK = (1 << ROW_BITS) - 1


class Stage(Protocol):
    """Where the accepted rows of one stream go."""

    def add(self, columns: Mapping[str, TextColumn], row_numbers: pa.Int64Array, extras: pa.StringArray) -> None: ...


class RowTaker:
    """Takes the rows of the landings in `books`, all read with one template. `open_stage`: where a stream's rows go."""

    def __init__(
        self,
        settings: Settings,
        connection: duckdb.DuckDBPyConnection,
        pseudonymiser: Pseudonymiser,
        template: Template,
        books: Sequence[LandingBook],
        open_stage: Callable[[StreamDefinition], Stage],
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._pseudonymiser = pseudonymiser
        self._template = template
        self._books = books
        self._open_stage = open_stage
        self._stages: dict[str, Stage] = {}
        self._normalisers: dict[str, Normaliser] = {}

    def take_problems(self, problems: Sequence[RowProblem], stream: str | None, book: LandingBook) -> None:
        """What could not be cut into columns: lines of totals, and rows to put aside for `stream`."""
        main = stream or self._template.streams[0].definition.name
        book.rows += len(problems)
        for problem in problems:
            if book.stated.take_line(problem.cells) or is_total_row(self._template, problem.cells[0] if problem.cells else None):
                book.totals += 1
                continue
            digest = self._pseudonymiser.digest(SEPARATOR.join(cell or "" for cell in problem.cells) or f"row {problem.row_no}")
            account, column, reason = book.landing.account_id, problem.column, problem.reason_code
            book.quarantine.add(BadRow(main, problem.row_no, column, reason, problem.detail, account, None, digest))

    def take(self, batches: Sequence[SourceBatch]) -> None:
        """The same rows as the streams that they feed. A row is counted once, and put aside for all if it does not fit one."""
        template = self._template
        present = _distinct([batch.row_numbers for batch in batches])
        places = [self._places(batch.row_numbers) for batch in batches]
        normalised = [self._normalise(batch, place) for batch, place in zip(batches, places, strict=True)]
        taken: set[int] = set()
        totals: set[int] = set()
        for batch, rows in zip(batches, normalised, strict=True):
            if batch.is_total is not None or pc.any(rows.is_bad, min_count=0).as_py():
                taken |= self._set_aside(batch, rows, taken, totals)
        for book, count in self._counted(present):
            book.rows += count
            book.accepted += count
        for book, count in self._counted(pa.array(taken, pa.int64())):
            book.accepted -= count
        for batch, rows in zip(batches, normalised, strict=True):
            self._add_to_totals(batch, rows, totals)
            self._accept(template.stream(batch.stream), batch, rows, taken)

    def _normalise(self, batch: SourceBatch, places: pa.Int32Array | None) -> NormalisedBatch:
        stream = self._template.stream(batch.stream)
        rows = require_one_of(stream.definition, self._normaliser(stream).normalise(batch, places))
        return mark_unready(self._template, batch, rows, [book.landing for book in self._books], self._settings.zone, places)

    def _accept(self, stream: StreamTemplate, batch: SourceBatch, rows: NormalisedBatch, taken: set[int]) -> None:
        definition = stream.definition
        columns, unknown, keys = dict(rows.columns), batch.unknown, batch.row_numbers
        if taken:
            is_good = pc.invert(pc.is_in(keys, value_set=pa.array(sorted(taken), pa.int64())))
            keys = keys.filter(is_good)
            columns = {name: values.filter(is_good) for name, values in columns.items()}
            unknown = {header: values.filter(is_good) for header, values in unknown.items()}
        for book, count in self._counted(keys):
            book.expected[definition.name] += count
        extra = extras_as_json(self._connection, self._keep_extras(unknown, keys), len(keys))
        derive_columns(definition, columns)
        hash_identifiers(definition, columns, self._pseudonymiser)
        if definition.name not in self._stages:
            self._stages[definition.name] = self._open_stage(definition)
        self._stages[definition.name].add(columns, keys, extra)

    def _add_to_totals(self, batch: SourceBatch, rows: NormalisedBatch, totals: set[int]) -> None:
        """Every row but the totals themselves counts, also one that was put aside, where its figure can be read."""
        if not self._template.totals.checks:
            return
        keys, columns = batch.row_numbers, dict(rows.columns)
        if totals:
            is_row = pc.invert(pc.is_in(keys, value_set=pa.array(sorted(totals), pa.int64())))
            keys, columns = keys.filter(is_row), {name: values.filter(is_row) for name, values in columns.items()}
        for place, start, size in _runs(keys):
            self._books[place].stated.add(batch.stream, {name: values.slice(start, size) for name, values in columns.items()})

    def _keep_extras(self, unknown: Mapping[str, pa.StringArray], keys: pa.Int64Array) -> Mapping[str, pa.StringArray]:
        kept: Mapping[str, pa.StringArray] = {}
        if unknown:
            for book in self._books if len(self._books) == 1 else [book for book, _ in self._counted(keys)]:
                kept = keep_extras(unknown, book.drift)
        return kept

    def _normaliser(self, stream: StreamTemplate) -> Normaliser:
        name = stream.definition.name
        if name not in self._normalisers:
            self._normalisers[name] = stream_normaliser(
                self._settings, self._template, stream, [book.circumstances for book in self._books]
            )
        return self._normalisers[name]

    def _set_aside(self, batch: SourceBatch, normalised: NormalisedBatch, taken: set[int], totals: set[int]) -> set[int]:
        """Put aside the rows that do not fit and count the totals (which are added to `totals`); the keys of both. What another
        stream of the row took is left."""
        stream = self._template.stream(batch.stream)
        out = normalised.is_bad if batch.is_total is None else pc.or_(normalised.is_bad, batch.is_total)
        rows = pc.indices_nonzero(out)
        raw = {name: values.take(rows).to_pylist() for name, values in (*batch.columns.items(), *sorted(batch.unknown.items()))}
        firsts = batch.first_cells.take(rows).to_pylist() if batch.first_cells is not None else [None] * len(rows)
        marked = batch.is_total.take(rows).to_pylist() if batch.is_total is not None else [False] * len(rows)
        accounts = normalised.columns["account_id"].take(rows).to_pylist()
        days = self._business_dates(stream, normalised, rows)
        found = zip(
            *(values.take(rows).to_pylist() for values in (batch.row_numbers, normalised.bad_columns, normalised.reasons)), strict=True
        )
        keys: set[int] = set()
        for index, (key, column, reason) in enumerate(found):
            if key in taken or key in keys:
                continue
            keys.add(key)
            book, row_no = self._books[key >> ROW_BITS], key & _ROW_MASK
            if marked[index] or is_total_row(self._template, firsts[index]):
                totals.add(key)
                book.totals += 1
                book.stated.take_row(batch.stream, {name: values[index] for name, values in raw.items()})
                continue
            cells = SEPARATOR.join(f"{name}={values[index] or ''}" for name, values in sorted(raw.items()))
            shown = mask(raw[column][index]) if column in raw else None
            account = accounts[index] or book.landing.account_id
            day = book.circumstances.snapshot_date if days is None else days[index]
            digest = self._pseudonymiser.digest(cells)
            book.quarantine.add(BadRow(batch.stream, row_no, column, reason, shown, account, day, digest))
        return keys

    def _business_dates(self, stream: StreamTemplate, normalised: NormalisedBatch, rows: pa.Array) -> list[date | None] | None:
        """The business date of each bad row, as far as it can be told; None if it is that of the snapshot."""
        column = stream.definition.date_column
        if column == SNAPSHOT:
            return None
        texts: Iterable[Any] = normalised.columns[column].take(rows).to_pylist()
        if stream.definition.column(column).kind == "date":
            return [date.fromisoformat(text) if text else None for text in texts]
        return [datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(self._settings.zone).date() if text else None for text in texts]

    def _places(self, keys: pa.Int64Array) -> pa.Int32Array | None:
        return None if len(self._books) == 1 else places_of(keys)

    def _counted(self, keys: pa.Int64Array) -> list[tuple[LandingBook, int]]:
        """The landings that the rows belong to, and how many of them."""
        if len(self._books) == 1:
            return [(self._books[0], len(keys))] if len(keys) else []
        places, counts = np.unique(keys.to_numpy() >> ROW_BITS, return_counts=True)
        return [(self._books[place], count) for place, count in zip(places.tolist(), counts.tolist(), strict=True)]


def stream_normaliser(settings: Settings, template: Template, stream: StreamTemplate, landings: Sequence[Circumstances]) -> Normaliser:
    """What makes canonical columns of the stream's batches, of landings that are read with the template."""
    own = {column.name: column.constant for column in stream.columns if column.constant is not None}
    return Normaliser(stream, {**template.constants, **own}, template.zone or settings.timezone, landings)


def keyed(batch: SourceBatch, place: int) -> SourceBatch:
    """The same rows, known by their keys."""
    return replace(batch, row_numbers=pc.add(batch.row_numbers, place << ROW_BITS)) if place else batch


def places_of(keys: pa.Int64Array) -> pa.Int32Array:
    """Of which landing of the group each row is."""
    return pa.array((keys.to_numpy() >> ROW_BITS).astype(np.int32))


def row_numbers_of(keys: pa.Int64Array) -> pa.Int64Array:
    """The number of each row in its file."""
    return pa.array(keys.to_numpy() & _ROW_MASK)


def _runs(keys: pa.Int64Array) -> Iterable[tuple[int, int, int]]:
    """(place, start, size) of the rows of each landing, which stand together."""
    places = keys.to_numpy() >> ROW_BITS
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    return [(int(places[start]), start, end - start) for start, end in pairwise([*starts.tolist(), len(places)])]


def _distinct(row_numbers: list[pa.Int64Array]) -> pa.Int64Array:
    """The numbers of the rows that feed any stream."""
    if len(row_numbers) == 1:
        return row_numbers[0]
    return pc.unique(pa.chunked_array(row_numbers, pa.int64()))


def is_total_row(template: Template, first_cell: str | None) -> bool:
    """Whether a row that is no valid row is the file's own total."""
    return header_key((first_cell or "").strip().rstrip(":：")) in template.totals.word_keys
