"""One landing into the lake: read, normalised, put aside or accepted, written, recorded."""

from __future__ import annotations

import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.errors import CommunityMetricsError, InputError
from community_metrics.lake.coverage import cover
from community_metrics.lake.extras import extras_as_json, keep_extras
from community_metrics.lake.files import make_files_durable, quarantine_path
from community_metrics.lake.normalising import NormalisedBatch, Normaliser, derive_columns, hash_identifiers
from community_metrics.lake.pipelining import ahead
from community_metrics.lake.pseudonyms import SEPARATOR, Pseudonymiser
from community_metrics.lake.quarantine import BadRow, Quarantine, mask
from community_metrics.lake.readiness import mark_unready
from community_metrics.lake.row_rules import require_one_of
from community_metrics.lake.staging import Destination, StagedStream, WrittenStream
from community_metrics.lake.totals import StatedTotals, mark_totals
from community_metrics.landing.inbox import open_landing
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Ingested, Landing
from community_metrics.landing.store import remove_leftovers
from community_metrics.settings import Settings
from community_metrics.sources.detection import read_file, recognise
from community_metrics.sources.readers.model import Drift, RowGroup, SourceBatch
from community_metrics.sources.registry import SNAPSHOT, load_registry
from community_metrics.sources.template_files import load_templates
from community_metrics.sources.templates import SNAPSHOT_DATE, StreamTemplate, Template, header_key

log = logging.getLogger(__name__)


class Workshop:
    """What the ingests of one run share: a scratch folder, an engine to sort with, the identities hashed so far."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pseudonymiser = Pseudonymiser(settings.id_key)
        scratch = settings.lake / ".staging"
        remove_leftovers(scratch)
        self.folder = scratch / f".{os.getpid()}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("set memory_limit = $1", [settings.memory_limit])
        self.connection.execute(f"set threads = {settings.threads}")
        self.connection.execute("set temp_directory = $1", [str(self.folder)])
        # The cache takes a file of the same path, size and second for the same file; the scratch files of small exports are.
        self.connection.execute("set enable_external_file_cache = false")

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def ingest_landing(
    settings: Settings, ledger: Ledger, landing: Landing, run_id: str | None = None, workshop: Workshop | None = None
) -> Landing:
    """Bring one landing into the lake as its next revision and record the outcome, which is returned.

    A file that cannot be used is recorded as `rejected`, also when the program itself fails on it: no file stops the others.
    Killed at any moment, the ledger still has the landing as it was, and a repeat writes the same files.
    """
    if workshop is None:
        with Workshop(settings) as own:
            return ingest_landing(settings, ledger, landing, run_id, own)
    revision = landing.revision + 1
    quarantine = Quarantine(quarantine_path(settings, landing.landing_id, revision), landing.landing_id)
    ingest = _Ingest(workshop, landing, quarantine)
    try:
        ingested = ingest.run(revision)
        ledger.record_ingested(landing.landing_id, ingested, run_id)
    except InputError as error:
        ledger.record_refused(landing.landing_id, "rejected", error.reason_code, str(error), run_id)
    except Exception as error:
        log.exception("ingest of %s failed", landing.original_name)
        reason = CommunityMetricsError(
            f"the program failed on this file: {type(error).__name__}",
            landing.original_name,
            "see the log, then `ingest --retry`; if it fails again, report it with the file's template",
        )
        ledger.record_refused(landing.landing_id, "rejected", "internal_error", str(reason), run_id)
    finally:
        quarantine.abandon()
        ingest.abandon()
        shutil.rmtree(workshop.folder / landing.landing_id, ignore_errors=True)
    return ledger.landing(landing.landing_id)


class _Ingest:
    """The state of one ingest."""

    def __init__(self, workshop: Workshop, landing: Landing, quarantine: Quarantine) -> None:
        self._settings = workshop.settings
        self._pseudonymiser = workshop.pseudonymiser
        # A path of its own: what the engine remembers of a file goes by the path.
        self._folder = workshop.folder / landing.landing_id
        self._connection = workshop.connection
        self._landing = landing
        self._quarantine = quarantine
        self._drift = Drift()
        self._snapshot_date = landing.snapshot_at.astimezone(self._settings.zone).date()
        self._staged: dict[str, StagedStream] = {}
        self._normalisers: dict[str, Normaliser] = {}
        self._rows = self._accepted = self._totals = 0
        self._expected: Counter[str] = Counter()

    def run(self, revision: int) -> Ingested:
        """Raises `InputError` when the file cannot be used whole, `AssertionError` when rows do not add up."""
        landing = self._landing
        file = open_landing(self._settings, landing)
        recognition = recognise(file, landing.source, landing.account_id, load_templates(self._settings.own_templates))
        template = recognition.template
        assert template is not None, "every source has a template"
        self._stated = StatedTotals(template)
        self._destination = Destination(self._settings, landing, revision, template.name, self._snapshot_date)
        with closing(ahead(read_file(file, recognition, landing.account_id, self._drift))) as groups:
            for group in groups:
                self._take(template, group)
        written = {name: staged.write() for name, staged in self._staged.items()}
        self._quarantine.close()
        self._check_conservation(written)
        self._drift.totals.extend(self._stated.compare(self._rows - self._totals))
        files = [lake_file for stream in written.values() for lake_file in stream.files]
        make_files_durable(
            [*(self._settings.home / lake_file.path for lake_file in files), *([self._quarantine.path] if self._quarantine.rows else [])]
        )
        return Ingested(
            revision=revision,
            template=template.name,
            rows=self._rows,
            accepted=self._accepted,
            quarantined=self._quarantine.rows,
            totals=self._totals,
            drift=self._drift.to_dict(),
            lake_files=files,
            coverage=cover(landing, load_registry()[landing.source], template, written, self._snapshot_date),
            quarantined_rows=self._quarantine.recorded(),
        )

    def _check_conservation(self, written: Mapping[str, WrittenStream]) -> None:
        if self._rows != self._accepted + self._quarantine.rows + self._totals:
            raise AssertionError(
                f"{self._rows} rows read, {self._accepted} accepted, {self._quarantine.rows} put aside, {self._totals} totals"
            )
        for name, stream in written.items():
            if stream.rows != self._expected[name]:
                raise AssertionError(f"{self._expected[name]} rows accepted for {name}, {stream.rows} written")

    def abandon(self) -> None:
        """Leave nothing unfinished in the lake. Harmless after a run that succeeded."""
        for staged in self._staged.values():
            staged.abandon()

    def _take(self, template: Template, group: RowGroup) -> None:
        """Every row of the group goes to the lake, to the quarantine or to the totals, and is counted once."""
        present = _distinct([batch.row_numbers for batch in group.batches])
        self._rows += len(present) + len(group.problems)
        self._put_aside_problems(template, group)
        group = replace(group, batches=[mark_totals(template, batch) for batch in group.batches])
        normalised = [self._normaliser(template, template.stream(batch.stream)).normalise(batch) for batch in group.batches]
        normalised = [
            mark_unready(
                template, batch, require_one_of(template.stream(batch.stream).definition, rows), self._landing, self._settings.zone
            )
            for batch, rows in zip(group.batches, normalised, strict=True)
        ]
        taken: set[int] = set()
        for batch, rows in zip(group.batches, normalised, strict=True):
            if batch.is_total is not None or pc.any(rows.is_bad, min_count=0).as_py():
                taken |= self._set_aside(template, batch, rows, taken)
        self._accepted += len(present) - len(taken)
        for batch, rows in zip(group.batches, normalised, strict=True):
            self._accept(template.stream(batch.stream), batch, rows, taken)

    def _accept(self, stream: StreamTemplate, batch: SourceBatch, rows: NormalisedBatch, taken: set[int]) -> None:
        definition = stream.definition
        columns, unknown, row_numbers = dict(rows.columns), batch.unknown, batch.row_numbers
        if taken:
            is_good = pc.invert(pc.is_in(row_numbers, value_set=pa.array(sorted(taken), pa.int64())))
            row_numbers = row_numbers.filter(is_good)
            columns = {name: values.filter(is_good) for name, values in columns.items()}
            unknown = {header: values.filter(is_good) for header, values in unknown.items()}
        self._expected[definition.name] += len(row_numbers)
        self._stated.add(definition.name, columns)
        extra = extras_as_json(self._connection, keep_extras(unknown, self._drift), len(row_numbers))
        derive_columns(definition, columns)
        hash_identifiers(definition, columns, self._pseudonymiser)
        if definition.name not in self._staged:
            self._staged[definition.name] = StagedStream(self._connection, self._folder, definition, self._destination)
        self._staged[definition.name].add(columns, row_numbers, extra)

    def _normaliser(self, template: Template, stream: StreamTemplate) -> Normaliser:
        name = stream.definition.name
        if name not in self._normalisers:
            zone = template.zone or self._settings.timezone
            stated = {**template.constants, **{column.name: column.constant for column in stream.columns if column.constant is not None}}
            constants = {name: self._snapshot_date.isoformat() if value == SNAPSHOT_DATE else value for name, value in stated.items()}
            self._normalisers[name] = Normaliser(stream, constants, zone, self._landing.account_id, self._landing.snapshot_at)
        return self._normalisers[name]

    def _put_aside_problems(self, template: Template, group: RowGroup) -> None:
        main = group.batches[0].stream if group.batches else template.streams[0].definition.name
        for problem in group.problems:
            if self._stated.take_line(problem.cells) or _is_total(template, problem.cells[0] if problem.cells else None):
                self._totals += 1
                continue
            digest = self._pseudonymiser.digest(SEPARATOR.join(cell or "" for cell in problem.cells) or f"row {problem.row_no}")
            account, column, reason = self._landing.account_id, problem.column, problem.reason_code
            self._quarantine.add(BadRow(main, problem.row_no, column, reason, problem.detail, account, None, digest))

    def _set_aside(self, template: Template, batch: SourceBatch, normalised: NormalisedBatch, taken: set[int]) -> set[int]:
        """Put aside the rows that do not fit and count the totals; their numbers. What another stream of the row took is left."""
        stream = template.stream(batch.stream)
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
        numbers: set[int] = set()
        for index, (row_no, column, reason) in enumerate(found):
            if row_no in taken or row_no in numbers:
                continue
            numbers.add(row_no)
            if marked[index] or _is_total(template, firsts[index]):
                self._totals += 1
                self._stated.take_row(batch.stream, {name: values[index] for name, values in raw.items()})
                continue
            cells = SEPARATOR.join(f"{name}={values[index] or ''}" for name, values in sorted(raw.items()))
            shown = mask(raw[column][index]) if column in raw else None
            account = accounts[index] or self._landing.account_id
            digest = self._pseudonymiser.digest(cells)
            self._quarantine.add(BadRow(batch.stream, row_no, column, reason, shown, account, days[index], digest))
        return numbers

    def _business_dates(self, stream: StreamTemplate, normalised: NormalisedBatch, rows: pa.Array) -> list[date | None]:
        """The business date of each bad row, as far as it can be told."""
        column = stream.definition.date_column
        if column == SNAPSHOT:
            return [self._snapshot_date] * len(rows)
        texts: Iterable[Any] = normalised.columns[column].take(rows).to_pylist()
        if stream.definition.column(column).kind == "date":
            return [date.fromisoformat(text) if text else None for text in texts]
        return [datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(self._settings.zone).date() if text else None for text in texts]


def _distinct(row_numbers: list[pa.Int64Array]) -> pa.Int64Array:
    """The numbers of the rows that feed any stream."""
    if len(row_numbers) == 1:
        return row_numbers[0]
    return pc.unique(pa.chunked_array(row_numbers, pa.int64()))


def _is_total(template: Template, first_cell: str | None) -> bool:
    """Whether a row that is no valid row is the file's own total."""
    return header_key((first_cell or "").strip().rstrip(":：")) in template.totals.word_keys
