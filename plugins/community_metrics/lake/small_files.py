"""Many small landings into the lake at once: read one by one, everything after that done for all that share a template.

What a file costs beyond its rows (a query, a Parquet file, a wait for the disk, a transaction of the ledger) is paid once per
group. What a file is, its counts, its quarantine and its fate stay its own: a file that cannot be used is rejected alone, and
where a group as a whole fails, its files are ingested one by one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from community_metrics.errors import InputError
from community_metrics.lake.books import LandingBook
from community_metrics.lake.files import make_files_durable
from community_metrics.lake.ingest import Workshop, ingest_landing
from community_metrics.lake.shared_files import SharedStream
from community_metrics.lake.soundness import lake_sums
from community_metrics.lake.taking import RowTaker, keyed
from community_metrics.lake.totals import mark_totals
from community_metrics.landing.inbox import open_landing
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Ingested, Landing, Refusal
from community_metrics.sources.detection import read_file, recognise
from community_metrics.sources.readers.model import RowGroup, SourceBatch
from community_metrics.sources.registry import StreamDefinition

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 2**10
"""What is small. Packed at most 200 times (`Limits.max_compression_ratio`), one file is then 13 MB at most."""
_GROUP_FILES = 1_000
_GROUP_BYTES = 16 * 2**20
_GROUP_ROWS = 50_000


def groups(landings: Sequence[Landing]) -> Iterator[list[Landing]]:
    """Cut landings into groups to ingest together: those of a source and of a time side by side, so that a group is about few
    dates. A large file is a group of its own."""
    group: list[Landing] = []
    size = 0
    for landing in sorted(landings, key=lambda one: (one.size > MOST_BYTES, one.source, one.snapshot_at, one.account_id, one.landing_id)):
        is_full = len(group) >= _GROUP_FILES or size + landing.size > _GROUP_BYTES
        if group and (is_full or landing.size > MOST_BYTES or landing.source != group[0].source):
            yield group
            group, size = [], 0
        group.append(landing)
        size += landing.size
    if group:
        yield group


def ingest_together(ledger: Ledger, landings: Sequence[Landing], run_id: str | None, workshop: Workshop) -> list[Landing]:
    """`ingest_landing` for each, in one go where that is cheaper. The landings as they are then, in the order given."""
    alone = landings if len(landings) == 1 else _ingest_group(ledger, landings, run_id, workshop)
    for landing in alone:
        ingest_landing(workshop.settings, ledger, landing, run_id, workshop)
    return ledger.landings_by_id(landing.landing_id for landing in landings)


@dataclass(frozen=True)
class _ReadFile:
    """A small file in memory."""

    book: LandingBook
    groups: Sequence[RowGroup]

    @property
    def rows(self) -> int:
        return sum(len(batch.row_numbers) for group in self.groups for batch in group.batches)


def _ingest_group(ledger: Ledger, landings: Sequence[Landing], run_id: str | None, workshop: Workshop) -> list[Landing]:
    """Ingest what can be ingested together; the landings that are left to be ingested alone."""
    alone: list[Landing] = []
    refused: dict[str, Refusal] = {}
    read: list[_ReadFile] = []
    rows = 0
    sums: set[str] = set()
    for landing in landings:
        if landing.sha256 in sums:
            alone.append(landing)  # rows in a shared lake file are told apart by the sum of their landed file
            continue
        sums.add(landing.sha256)
        try:
            file = _read(workshop, landing)
        except InputError as error:
            refused[landing.landing_id] = Refusal(error.reason_code, str(error))
            continue
        except Exception:
            alone.append(landing)  # where it fails again, and says so
            continue
        read.append(file)
        rows += file.rows
        if rows >= _GROUP_ROWS:
            alone += _write(ledger, read, {}, run_id, workshop)
            read, rows = [], 0
    return alone + _write(ledger, read, refused, run_id, workshop)


def _read(workshop: Workshop, landing: Landing) -> _ReadFile:
    """Raises `InputError` when the file cannot be used whole."""
    book = LandingBook(workshop.settings, landing)
    file = open_landing(workshop.settings, landing)
    recognition = recognise(file, landing.source, landing.account_id, workshop.templates)
    assert recognition.template is not None, "every source has a template"
    book.begin(recognition.template)
    return _ReadFile(book, list(read_file(file, recognition, landing.account_id, book.drift)))


def _write(
    ledger: Ledger, read: Sequence[_ReadFile], refused: Mapping[str, Refusal], run_id: str | None, workshop: Workshop
) -> list[Landing]:
    """Bring what has been read to the lake, template by template, and record all of it in one transaction; the landings for
    which that is not worth while or fails."""
    outcomes: dict[str, Ingested | Refusal] = {**refused}
    paths: dict[Path, None] = {}
    alone: list[Landing] = []
    by_template: dict[str, list[_ReadFile]] = {}
    for file in read:
        by_template.setdefault(file.book.template.name, []).append(file)
    for files in by_template.values():
        ingested = _ingest_files(workshop, files) if len(files) > 1 else None
        if ingested is None:
            alone += [file.book.landing for file in files]
            continue
        for file, one in zip(files, ingested, strict=True):
            outcomes[file.book.landing.landing_id] = one
            paths.update(dict.fromkeys(file.book.paths(one)))
    make_files_durable(list(paths))
    ledger.record_together(outcomes, run_id, lake_sums(workshop.settings, paths))
    return alone


def _ingest_files(workshop: Workshop, files: Sequence[_ReadFile]) -> list[Ingested] | None:
    """Files of one template, all at once; None if the program fails on them, which one of them alone may be the cause of."""
    books = [file.book for file in files]
    streams: dict[str, SharedStream] = {}

    def open_stage(stream: StreamDefinition) -> SharedStream:
        streams[stream.name] = SharedStream(workshop.settings, stream, books)
        return streams[stream.name]

    taker = RowTaker(workshop.settings, workshop.connection, workshop.pseudonymiser, books[0].template, books, open_stage)
    try:
        for place, file in enumerate(files):
            for group in file.groups:
                taker.take_problems(group.problems, group.batches[0].stream if group.batches else None, books[place])
        for batches in _merged(files):
            taker.take(batches)
        written = {name: stream.write() for name, stream in streams.items()}
        return [book.close({name: parts[place] for name, parts in written.items()}) for place, book in enumerate(books)]
    except Exception:
        log.exception("%d files read with %s failed together, so that each is ingested alone", len(files), books[0].template.name)
        return None
    finally:
        for book in books:
            book.abandon()
        for stream in streams.values():
            stream.abandon()


def _merged(files: Sequence[_ReadFile]) -> Iterator[list[SourceBatch]]:
    """The rows of all files, those together that stand at the same place of files of the same columns."""
    alike: dict[Any, list[list[SourceBatch]]] = {}
    for place, file in enumerate(files):
        for ordinal, group in enumerate(file.groups):
            batches = [keyed(mark_totals(file.book.template, batch), place) for batch in group.batches]
            if batches:
                alike.setdefault((ordinal, *map(_layout, batches)), []).append(batches)
    for several in alike.values():
        yield [_concatenated(batches) for batches in zip(*several, strict=True)]


def _layout(batch: SourceBatch) -> tuple[Any, ...]:
    return batch.stream, tuple(batch.columns), tuple(batch.unknown), batch.first_cells is None


def _concatenated(batches: Sequence[SourceBatch]) -> SourceBatch:
    first = batches[0]
    marks = None
    if any(batch.is_total is not None for batch in batches):
        marks = pa.concat_arrays([pa.repeat(False, len(one.row_numbers)) if one.is_total is None else one.is_total for one in batches])
    return SourceBatch(
        first.stream,
        pa.concat_arrays([batch.row_numbers for batch in batches]),
        {name: pa.concat_arrays([batch.columns[name] for batch in batches]) for name in first.columns},
        {name: pa.concat_arrays([batch.unknown[name] for batch in batches]) for name in first.unknown},
        None if first.first_cells is None else pa.concat_arrays([batch.first_cells for batch in batches]),
        marks,
    )
