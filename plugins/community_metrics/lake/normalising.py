"""One batch of a stream: from the file's texts to canonical columns, and which rows do not fit and why."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.lake.pseudonyms import SEPARATOR, Pseudonymiser
from community_metrics.lake.repeating import Met, TextColumn, constant, distinct, plain, spread
from community_metrics.landing.records import Landing, instant_text
from community_metrics.sources.grammar import ColumnType, begins_with, normalise
from community_metrics.sources.readers.model import SourceBatch
from community_metrics.sources.registry import ColumnDefinition, StreamDefinition
from community_metrics.sources.templates import SNAPSHOT_DATE, StreamTemplate, TemplateColumn

# A spreadsheet runs a cell that begins so; an id with a call or a pipe in it was never an id.
_FORMULA = r"^[=+\-@].*[|(]"
_FORMULA_BEGINS = b"=+-@"


@dataclass(frozen=True)
class NormalisedBatch:
    """`columns`: every column of the stream that is not derived -> canonical text. `bad_columns`, `reasons`: the first column
    of a row that does not fit and why; null where the row is good."""

    columns: dict[str, TextColumn]
    bad_columns: pa.StringArray
    reasons: pa.StringArray

    @property
    def is_bad(self) -> pa.BooleanArray:
        return self.reasons.is_valid()

    def refuse(self, is_wrong: pa.BooleanArray, column: str, reason: str) -> NormalisedBatch:
        """The same rows; those that are wrong as a whole have a reason, unless they have one already."""
        newly = pc.and_(is_wrong, self.reasons.is_null())
        if not pc.any(newly, min_count=0).as_py():
            return self
        return replace(
            self,
            reasons=pc.if_else(newly, pa.scalar(reason), self.reasons),
            bad_columns=pc.if_else(newly, pa.scalar(column), self.bad_columns),
        )


@dataclass(frozen=True)
class Circumstances:
    """What a landing tells of rows that do not say it themselves. `snapshot_date`: the local date of its snapshot."""

    account_id: str
    snapshot_at: datetime
    snapshot_date: date


def circumstances_of(landing: Landing, zone: tzinfo) -> Circumstances:
    """What the landing tells of its rows, dates being those of the zone."""
    return Circumstances(landing.account_id, landing.snapshot_at, landing.snapshot_at.astimezone(zone).date())


class Normaliser:
    """Everything that is the same for all batches of one stream, of one landing or of several read with one template."""

    def __init__(self, template: StreamTemplate, constants: Mapping[str, str], zone: str, landings: Sequence[Circumstances]) -> None:
        self._stream = template.definition
        self._constants = {name: value for name, value in constants.items() if value != SNAPSHOT_DATE}
        self._of_landings = {"account_id": [landing.account_id or None for landing in landings]}
        dates = [landing.snapshot_date.isoformat() for landing in landings]
        self._of_landings |= {name: [*dates] for name, value in constants.items() if value == SNAPSHOT_DATE}
        self._snapshots = [landing.snapshot_at for landing in landings]
        self._in_file = {column.name: column for column in template.columns}
        self._met = {column.name: Met() for column in self._stream.columns if column.namespace is not None}
        self._types = {name: _column_type(self._stream.column(name), column, zone) for name, column in self._in_file.items()}

    def normalise(self, batch: SourceBatch, places: pa.Int32Array | None = None) -> NormalisedBatch:
        """Never raises for a value: each row is good or has a reason. `places`: whose each row is; None: all are of the first."""
        count = len(batch.row_numbers)
        columns: dict[str, TextColumn] = {}
        bad_columns, reasons = pa.nulls(count, pa.string()), pa.nulls(count, pa.string())
        for column in self._stream.columns:
            if column.derived:
                continue
            values, wrong = self._column(column, batch, count, places)
            columns[column.name] = values
            if wrong is not None:
                first = pc.and_(wrong.is_valid(), reasons.is_null())
                reasons = pc.if_else(first, wrong, reasons)
                bad_columns = pc.if_else(first, column.name, bad_columns)
        self._forget_unready(columns, places)
        return NormalisedBatch(columns, bad_columns, reasons)

    def _column(
        self, column: ColumnDefinition, batch: SourceBatch, count: int, places_of_rows: pa.Int32Array | None
    ) -> tuple[TextColumn, pa.StringArray | None]:
        """Canonical values, and the reasons of those that do not fit (None: all fit)."""
        raw = batch.columns.get(column.name)
        stated = self._of_landings.get(column.name, [])
        if places_of_rows is not None and len(set(stated)) > 1:
            texts = pa.nulls(count, pa.string()) if raw is None else plain(raw)
            return self._values(column, texts, pa.array(stated, pa.string()).take(places_of_rows))
        if raw is None or raw.null_count == count:
            values, wrong = self._values(column, pa.nulls(1, pa.string()))
            return constant(values[0].as_py(), count), None if wrong is None else pa.repeat(wrong[0], count)
        # Identifiers will be hashed, once per distinct one: whoever does a thing often repeats little else.
        texts, places = distinct(raw) if column.namespace is None else self._met[column.name].places(raw)
        values, wrong = self._values(column, texts)
        return spread(values, places, were=texts), wrong if wrong is None or places is None else wrong.take(places)

    def _values(
        self, column: ColumnDefinition, texts: pa.StringArray, stated: pa.StringArray | None = None
    ) -> tuple[pa.StringArray, pa.StringArray | None]:
        wrong: pa.StringArray | None = None
        values = texts
        if texts.null_count < len(texts):
            outcome = normalise(texts, self._types[column.name])
            values = outcome.values
            if outcome.reasons.null_count < len(texts):
                wrong = outcome.reasons
        values = self._fill(column, values, stated)
        if column.case == "lower":
            values = pc.utf8_lower(values)
        elif column.case == "upper":
            values = pc.utf8_upper(values)
        if column.kind == "id" and begins_with(values, _FORMULA_BEGINS):
            wrong = _also(wrong, pc.match_substring_regex(values, _FORMULA), "formula")
        template = self._in_file.get(column.name)
        if values.null_count and (column.required or (template is not None and template.required == "value")):
            missing = values.is_null() if wrong is None else pc.and_(values.is_null(), wrong.is_null())
            wrong = _also(wrong, missing, "missing_value")
        return values, wrong

    def _fill(self, column: ColumnDefinition, values: pa.StringArray, stated: pa.StringArray | None) -> pa.StringArray:
        """What the file does not state and something else does: the template, the landing (`stated`: row by row), the contract."""
        if not values.null_count:
            return values
        others: list[Any] = [self._constants.get(column.name), stated, *self._of_landings.get(column.name, [])[:1], column.default]
        first = next((other for other in others if other is not None), None)
        if first is None:
            return values
        if first is not stated:
            return pc.fill_null(values, first)
        filled = pc.coalesce(values, stated)
        return filled if column.default is None else pc.fill_null(filled, column.default)

    def _forget_unready(self, columns: dict[str, TextColumn], places: pa.Int32Array | None) -> None:
        """A 0 of an item too young to have the figure is no figure."""
        for column in self._in_file.values():
            if column.ready_after_hours is None:
                continue
            limits = pa.array([instant_text(moment - timedelta(hours=column.ready_after_hours)) for moment in self._snapshots], pa.string())
            ready_since = limits[0] if places is None else limits.take(places)
            is_young = pc.fill_null(pc.greater(plain(columns["published_at"]), ready_since), False)
            unready = pc.and_(is_young, pc.fill_null(pc.equal(columns[column.name], "0"), False))
            columns[column.name] = pc.if_else(unready, pa.scalar(None, pa.string()), columns[column.name])


def derive_columns(stream: StreamDefinition, columns: dict[str, TextColumn]) -> None:
    """Add the columns that are made of others. Before the ids are hashed."""
    if any(column.name == "content_key" for column in stream.columns):
        parts = zip(*(columns[name].to_pylist() for name in ("content_id", "title", "published_at", "content_kind")), strict=True)
        columns["content_key"] = pa.array([content_key(*part) for part in parts], pa.string())


def content_key(content_id: str | None, title: str | None, published_at: str | None, kind: str | None) -> str:
    """What names an item in every snapshot: its id, or without one what does not change of it. A retitled item is a new one."""
    if content_id:
        return content_id
    text = SEPARATOR.join((unicodedata.normalize("NFC", (title or "").strip()), published_at or "", kind or ""))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def hash_identifiers(stream: StreamDefinition, columns: dict[str, TextColumn], pseudonymiser: Pseudonymiser) -> None:
    """Replace every identifier of a person by its keyed hash."""
    count = len(columns["platform"])
    nothing = constant("", count)
    hashed: dict[str, TextColumn] = {}
    for column in stream.columns:
        if column.namespace is None:
            continue
        kind, scope = column.namespace.kind, column.namespace.scope
        kinds = columns[kind[1:]] if kind.startswith("$") else constant(kind, count)
        platforms = nothing if scope == "global" else columns["platform"]
        accounts = columns["account_id"] if scope == "account" else nothing
        hashed[column.name] = pseudonymiser.hash_ids(platforms, accounts, kinds, columns[column.name])
    columns.update(hashed)


def _column_type(column: ColumnDefinition, template: TemplateColumn, zone: str) -> ColumnType:
    return ColumnType(
        kind=column.kind,  # type: ignore[arg-type]  # ColumnType itself checks it
        unit=template.unit,
        zone=zone,
        formats=template.formats,
        null_tokens=template.null_tokens,
        allow_negative=column.allow_negative,
    )


def _also(wrong: pa.StringArray | None, mask: pa.BooleanArray, reason: str) -> pa.StringArray | None:
    mask = pc.fill_null(mask, False)
    if not pc.any(mask, min_count=0).as_py():
        return wrong
    return pc.if_else(mask, reason, pa.nulls(len(mask), pa.string()) if wrong is None else wrong)
