"""Which rows of a landed file name somebody who is kept out: found with the same readers and hashes that an ingest uses.

An id is somebody's only within its platform, account and kind, so that a row is told by the keyed hash of all four, never by the
text of the id alone. The texts that belong to matching hashes are handed on: what mentions the person elsewhere is told by them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.errors import InputError
from community_metrics.lake.ingest import Workshop
from community_metrics.lake.normalising import Normaliser, circumstances_of, hash_identifiers
from community_metrics.lake.pseudonyms import Pseudonymiser
from community_metrics.lake.repeating import TextColumn, constant, plain
from community_metrics.lake.taking import is_total_row, stream_normaliser
from community_metrics.lake.totals import StatedTotals, mark_totals
from community_metrics.landing.inbox import open_landing
from community_metrics.landing.records import Landing
from community_metrics.settings import Settings
from community_metrics.sources.detection import Recognition, read_file, recognise
from community_metrics.sources.pruning import is_about, is_telling, names_order
from community_metrics.sources.readers import tables
from community_metrics.sources.readers.model import Drift, OpenedFile, SourceBatch
from community_metrics.sources.templates import Template

_ORDER = "order"
"""As kind of id: an order, which belongs to its buyer."""


@dataclass(frozen=True)
class Wanted:
    """Who is looked for: `suppressed` under the key of erasures, `linked` under the key of the lake."""

    suppressed: frozenset[str]
    linked: frozenset[str] = frozenset()


@dataclass
class Survey:
    """What one landing's file says of them. `rows`: numbers of the rows about them; `cells`: row -> texts that name them in rows about
    others; `totals`: rows of totals; `ids`: their ids as the reader delivers them; `hashes`: of these and of their orders, under the key
    of erasures. `recognition` is None where no template reads the file, `file` where its bytes cannot be opened; both only while the
    file is worked on (`Surveyor.reopened`)."""

    file: OpenedFile | None = None
    recognition: Recognition | None = None
    rows: set[int] = field(default_factory=set)
    cells: dict[int, set[str]] = field(default_factory=dict)
    totals: set[int] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    hashes: set[str] = field(default_factory=set)

    @property
    def names_somebody(self) -> bool:
        return bool(self.rows or self.cells or self.ids)

    @property
    def template(self) -> Template | None:
        return self.recognition.template if self.recognition else None


def erasure_key(settings: Settings) -> bytes:
    """The key of the list of those who are kept out: that of the lake when somebody was first erased. It stays when the lake's is
    changed: no raw id is left from which the list could be made anew."""
    path = settings.home / "erasure_key"
    if not path.exists():
        temporary = path.with_name(f".erasure_key.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(settings.id_key)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    return path.read_bytes()


class Surveyor:
    """Looks through landed files for the same people."""

    def __init__(self, settings: Settings, workshop: Workshop, wanted: Wanted) -> None:
        self._settings = settings
        self._workshop = workshop
        self._key = Pseudonymiser(erasure_key(settings))
        self._wanted = pa.array(sorted(wanted.suppressed), pa.string())
        self._linked = pa.array(sorted(wanted.linked), pa.string())

    def survey(self, landing: Landing, known: frozenset[str] = frozenset()) -> Survey:
        """`known`: ids of theirs, to find them in rows that cannot be read. Never raises for what is wrong with the file."""
        found = self.reopened(landing, Survey())
        if found.file is not None and found.recognition is not None:
            # What is damaged is not in the lake; what of it can be read is looked at.
            with suppress(InputError):
                self._read(landing, found.file, found.recognition, found, known)
        # Of ten thousand files nobody holds the content at once.
        return replace(found, file=None, recognition=None)

    def reopened(self, landing: Landing, survey: Survey) -> Survey:
        """The same findings, with the file open and recognised as far as it can be."""
        try:
            file = open_landing(self._settings, landing)
        except InputError:
            return survey
        try:
            recognition = recognise(file, landing.source or None, landing.account_id, self._workshop.templates)
        except InputError:
            return replace(survey, file=file)
        return replace(survey, file=file, recognition=recognition if recognition.template is not None else None)

    def template_of(self, file: OpenedFile, landing: Landing) -> str | None:
        """What another file would be read with in the landing's place."""
        template = recognise(file, landing.source or None, landing.account_id, self._workshop.templates).template
        return template.name if template is not None else None

    def _read(self, landing: Landing, file: OpenedFile, recognition: Recognition, found: Survey, known: frozenset[str]) -> None:
        template = recognition.template
        assert template is not None, "only a recognised file is read"
        circumstances = [circumstances_of(landing, self._settings.zone)]
        normalisers: dict[str, Normaliser] = {}
        stated = StatedTotals(template)
        for group in read_file(file, recognition, landing.account_id, Drift()):
            for problem in group.problems:
                if stated.take_line(problem.cells) or is_total_row(template, problem.cells[0] if problem.cells else None):
                    found.totals.add(problem.row_no)
                elif any(cell and cell.strip() in known and is_telling(cell.strip()) for cell in problem.cells):
                    found.rows.add(problem.row_no)
            for batch in group.batches:
                stream = template.stream(batch.stream)
                if batch.stream not in normalisers:
                    normalisers[batch.stream] = stream_normaliser(self._settings, template, stream, circumstances)
                self._look(template, batch, normalisers[batch.stream], found, known)
        for batch in _as_if_all_were_named(file, recognition):
            self._look(
                template, batch, stream_normaliser(self._settings, template, template.stream(batch.stream), circumstances), found, known
            )

    def _look(self, template: Template, batch: SourceBatch, normaliser: Normaliser, found: Survey, known: frozenset[str]) -> None:
        if not len(batch.row_numbers):
            return
        stream = template.stream(batch.stream)
        definition = stream.definition
        normalised = normaliser.normalise(batch)
        if template.totals.checks:
            self._note_totals(template, batch, normalised.is_bad, found)
        raw = dict(normalised.columns)
        hashed = dict(raw)
        hash_identifiers(definition, hashed, self._key)
        of_lake = dict(raw) if len(self._linked) else {}
        if of_lake:
            hash_identifiers(definition, of_lake, self._workshop.pseudonymiser)
        about: pa.BooleanArray | None = None
        for column in definition.columns:
            if column.namespace is None:
                continue
            matches = self._matches(hashed[column.name], of_lake.get(column.name), raw[column.name], known)
            texts = self._texts(batch, column.name, raw[column.name])
            places = pc.indices_nonzero(matches)
            if not len(places):
                continue
            found.ids |= {text for text in pc.unique(texts.take(places)).to_pylist() if text}
            found.hashes |= {one for one in pc.unique(plain(hashed[column.name]).take(places)).to_pylist() if one}
            if is_about(stream, column.name):
                about = matches if about is None else pc.or_(about, matches)
            else:
                self._note_cells(batch.row_numbers.take(places), texts.take(places), found)
        if names_order(definition):
            about = self._with_orders(batch, raw, about, found)
        if about is not None:
            found.rows |= set(batch.row_numbers.filter(about).to_pylist())

    def _matches(self, hashed: TextColumn, of_lake: TextColumn | None, raw: TextColumn, known: frozenset[str]) -> pa.BooleanArray:
        matches = pc.is_in(plain(hashed), value_set=self._wanted)
        if of_lake is not None:
            matches = pc.or_(matches, pc.is_in(plain(of_lake), value_set=self._linked))
        if known and hashed.null_count:
            # A row that does not say of which platform it is has no hash.
            matches = pc.or_(
                matches, pc.and_(plain(hashed).is_null(), pc.is_in(plain(raw), value_set=pa.array(sorted(known), pa.string())))
            )
        return matches

    def _with_orders(self, batch: SourceBatch, raw: dict[str, TextColumn], about: pa.BooleanArray | None, found: Survey) -> pa.BooleanArray:
        """An order goes with its buyer, and what belongs to the order with the order."""
        count = len(batch.row_numbers)
        hashes = plain(self._key.hash_ids(raw["platform"], raw["account_id"], constant(_ORDER, count), raw["order_id"]))
        if about is not None:
            found.hashes |= {one for one in hashes.filter(about).to_pylist() if one}
        belongs = pc.is_in(hashes, value_set=self._wanted)
        goes = belongs if about is None else pc.or_(belongs, about)
        texts = self._texts(batch, "order_id", raw["order_id"])
        found.ids |= {text for text in texts.filter(goes).to_pylist() if text}
        return goes

    @staticmethod
    def _texts(batch: SourceBatch, column: str, canonical: TextColumn) -> pa.StringArray:
        """As the file has them."""
        texts = batch.columns.get(column)
        return plain(canonical) if texts is None else pc.utf8_trim_whitespace(plain(texts))

    @staticmethod
    def _note_cells(row_numbers: pa.Int64Array, texts: pa.StringArray, found: Survey) -> None:
        for row_no, text in zip(row_numbers.to_pylist(), texts.to_pylist(), strict=True):
            if text:
                found.cells.setdefault(row_no, set()).add(text)

    @staticmethod
    def _note_totals(template: Template, batch: SourceBatch, is_bad: pa.BooleanArray, found: Survey) -> None:
        marked = mark_totals(template, batch).is_total
        if marked is not None:
            found.totals |= set(batch.row_numbers.filter(marked).to_pylist())
        if batch.first_cells is not None:
            firsts: Iterable[str | None] = batch.first_cells.filter(is_bad).to_pylist()
            numbers: Sequence[int] = batch.row_numbers.filter(is_bad).to_pylist()
            found.totals |= {number for number, first in zip(numbers, firsts, strict=True) if is_total_row(template, first)}


def _as_if_all_were_named(file: OpenedFile, recognition: Recognition) -> Iterator[SourceBatch]:
    """Of tables some of whose rows are read without the person whom they name (a refund in a bill), all rows as those that have it."""
    matches = []
    for match in recognition.matches:
        named = [stream for stream in match.template.streams if any(column.namespace for column in stream.definition.columns)]
        if named and len(named) < len(match.template.streams):
            matches.append(replace(match, template=replace(match.template, streams=tuple(replace(one, where={}) for one in named))))
        else:
            matches.append(replace(match, template=replace(match.template, streams=())))
    if recognition.template is not None and any(match.template.streams for match in matches):
        for group in tables.read(file, recognition.template, matches, Drift()):
            yield from group.batches
