"""What every reader is given and what it delivers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from community_metrics.settings import Limits
from community_metrics.sources.envelopes import (
    Archive,
    Envelope,
    RowProblem,
    load_json_document,
    load_xml_documents,
    open_archive,
    open_tables,
)
from community_metrics.sources.envelopes.json_text import storable, text_array

BATCH_RECORDS = 50_000


@dataclass
class OpenedFile:
    """A landed file whose container is known. `name` is its original name, for messages. `noted`: what a reader wants to find out
    only once."""

    path: Path
    name: str
    limits: Limits
    envelope: Envelope
    noted: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, name: str, limits: Limits) -> OpenedFile:
        """Raises `InputError` as `open_tables` does."""
        return cls(path, name, limits, open_tables(path, name, limits))

    @cached_property
    def archive(self) -> Archive:
        """Of a zip. Raises `InputError`."""
        return open_archive(self.path, self.limits)

    @cached_property
    def document(self) -> Any:
        """Of a JSON document, numbers as text; the list of an XML file's callbacks. Raises `InputError`."""
        if self.envelope.kind == "xml":
            return load_xml_documents(self.path, self.limits, self.name)
        return load_json_document(self.path, self.limits)


@dataclass
class Drift:
    """How a file differs from its template without being unusable; kept in the ledger."""

    missing: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    warnings: dict[str, str] = field(default_factory=dict)
    totals: list[dict[str, str]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Only what there is: ``missing``, ``unknown``, ``dropped`` (lists of headers), ``warnings`` (code -> sentence),
        ``totals`` (what the file states of itself: `header`, `stated`, `found`)."""
        lists = {"missing": sorted(self.missing), "unknown": sorted(self.unknown), "dropped": sorted(self.dropped)}
        return {name: value for name, value in {**lists, "warnings": self.warnings, "totals": self.totals}.items() if value}


@dataclass(frozen=True)
class SourceBatch:
    """Some rows of one stream, still as the file writes them.

    `columns`: column of the stream -> text, as the template names them. `unknown`: header -> text. All are as long as
    `row_numbers` (int64, 1-based, unique in the file). `first_cells`: the row's first cell, to tell total rows; None where
    the layout has none. `is_total`: the rows that the template marks as totals; None: none is.
    """

    stream: str
    row_numbers: pa.Int64Array
    columns: Mapping[str, pa.StringArray]
    unknown: Mapping[str, pa.StringArray] = field(default_factory=dict)
    first_cells: pa.StringArray | None = None
    is_total: pa.BooleanArray | None = None

    def filter(self, mask: pa.BooleanArray) -> SourceBatch:
        """Only the rows where `mask` is true."""
        return SourceBatch(
            self.stream,
            self.row_numbers.filter(mask),
            {name: values.filter(mask) for name, values in self.columns.items()},
            {name: values.filter(mask) for name, values in self.unknown.items()},
            None if self.first_cells is None else self.first_cells.filter(mask),
            None if self.is_total is None else self.is_total.filter(mask),
        )


@dataclass(frozen=True)
class RowGroup:
    """Some consecutive rows of a file: what each feeds, and those that could not be cut into columns.

    A row may feed several streams (an order and its refund stand in one row of a bill); it is counted once, and one that does
    not fit one of them is put aside for all.
    """

    batches: Sequence[SourceBatch]
    problems: Sequence[RowProblem] = ()


@dataclass(frozen=True)
class Record:
    """One row of one stream, from a reader that walks through a document. `values`: column -> text or None. `is_total`: it
    repeats what the others say."""

    stream: str
    row_no: int
    values: Mapping[str, str | None]
    problem: RowProblem | None = None
    is_total: bool = False


def batch_records(records: Iterable[Record], columns: Mapping[str, Sequence[str]]) -> Iterator[RowGroup]:
    """Gather records into batches. `columns`: stream -> its columns. Streams keep their order, batches their bound."""
    waiting: dict[str, list[Record]] = {}
    for record in records:
        gathered = waiting.setdefault(record.stream, [])
        gathered.append(record)
        if len(gathered) >= BATCH_RECORDS:
            yield _batch(record.stream, waiting.pop(record.stream), columns[record.stream])
    for stream, gathered in waiting.items():
        yield _batch(stream, gathered, columns[stream])


def _batch(stream: str, records: list[Record], columns: Sequence[str]) -> RowGroup:
    rows = [record for record in records if record.problem is None]
    batch = SourceBatch(
        stream=stream,
        row_numbers=pa.array([record.row_no for record in rows], pa.int64()),
        columns={name: text_array([record.values.get(name) for record in rows]) for name in columns},
        is_total=pa.array([record.is_total for record in rows], pa.bool_()) if any(record.is_total for record in rows) else None,
    )
    return RowGroup((batch,), [_storable(record.problem) for record in records if record.problem is not None])


def _storable(problem: RowProblem) -> RowProblem:
    return problem if problem.detail.isascii() else replace(problem, detail=storable(problem.detail))


def scalar(record: Any, *path: str) -> str | None:
    """The text at a path of keys; None where a step is missing or the value is no plain one."""
    for key in path:
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    if isinstance(record, bool):
        return "true" if record else "false"
    return None if record is None or isinstance(record, (dict, list)) else str(record)
