"""How a platform writes its streams: which header or field is which column, in what unit and format.

Templates stand in `templates/*.yml`, a team's own in `<home>/templates/*.yml`; `template_files.py` reads them. A mapped source
needs none: its columns are the headers, see `mapped_template`. Needs nothing but YAML.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from community_metrics.sources.registry import SourceDefinition, StreamDefinition

TOTAL_WORDS = ("合计", "总计", "累计", "汇总", "全部", "total", "grand total")
EVERY_OTHER = "*"
SNAPSHOT_DATE = "$snapshot_date"
"""As a column's `constant`: the local date of the file's snapshot, for figures whose file names no date."""

_IGNORED_IN_HEADERS = re.compile(r"[\s_\-\u200b\ufeff]+")

# As annotations of defaults that dataclasses share.
_NOTHING: Mapping[str, frozenset[str]] = MappingProxyType({})


def header_key(header: str | None) -> str:
    """What makes two headers one: full width, case, spaces, hyphens and underscores do not.

    >>> header_key(" Member ID") == header_key("member_id")
    True
    """
    return _IGNORED_IN_HEADERS.sub("", unicodedata.normalize("NFKC", header or "").casefold())


@dataclass(frozen=True)
class TemplateColumn:
    """How one column of a stream stands in a file.

    `headers` (tables): any of these headers; `or_else`: where that cell is empty, the first of these that is not. `path`
    (pages, see `pages.py`): the first of these fields that has a value, or with `join` all of them, put together; with
    `count` the number of the entries of a list.
    `required`: header (the file must have the header), value (each row must have a value too) or None.
    `unit`, `formats`, `null_tokens`: see `grammar.ColumnType`. `ready_after_hours`: a 0 of an item younger than that at the
    snapshot means "not yet known". `constant`: stands for what the file does not state. `pattern`: the groups of this
    regular expression, joined by `_`, are the value; without a match there is none. `values`: the file's word -> ours, `*`
    for every other word, the empty word for a cell without any.
    """

    name: str
    headers: tuple[str, ...] = ()
    or_else: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    join: str | None = None
    count: bool = False
    required: Literal["header", "value"] | None = None
    unit: str | None = None
    formats: tuple[str, ...] = ()
    null_tokens: frozenset[str] | None = None
    ready_after_hours: int | None = None
    constant: str | None = None
    pattern: str | None = None
    values: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Signature:
    """What a layout is recognised by without being told the source.

    Tables: each of `headers`, at least one of `any_of` (if there are any), none of `without`, on a sheet called `sheet` (if
    named). Pages: the
    file's own `endpoint` is one of `endpoints`, or every one of `fields` (paths from the page's root) is there.
    """

    headers: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    sheet: str | None = None
    endpoints: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class StreamTemplate:
    """One stream of a template: its definition and its columns in the order of the definition.

    `where`: header or field -> the values that its rows have there, `*` for each that no other stream of the table names.
    `records` (pages): the path of the list.
    `signature`: of a stream that stands in a table of its own (side by side with another, on another sheet).
    """

    definition: StreamDefinition
    columns: tuple[TemplateColumn, ...]
    where: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NOTHING)
    records: str = ""
    signature: Signature | None = None

    @cached_property
    def columns_by_header(self) -> dict[str, TemplateColumn]:
        """`header_key` -> column."""
        return {header_key(header): column for column in self.columns for header in column.headers}


def words_named(streams: Iterable[StreamTemplate]) -> dict[str, frozenset[str]]:
    """Header or field -> every value by which one of the streams chooses its rows; what `*` in a `where` leaves to the others."""
    named: dict[str, frozenset[str]] = {}
    for stream in streams:
        for header, words in stream.where.items():
            named[header] = named.get(header, frozenset()) | words - {EVERY_OTHER}
    return named


@dataclass(frozen=True)
class TableTemplate:
    """One table of a layout: what it is recognised by, and the streams that its rows feed."""

    signature: Signature
    streams: tuple[StreamTemplate, ...]

    @cached_property
    def known_headers(self) -> frozenset[str]:
        """The `header_key` of every header that one of the streams reads."""
        columns = {key for stream in self.streams for key in stream.columns_by_header}
        others = {header for stream in self.streams for column in stream.columns for header in column.or_else}
        others |= {header for stream in self.streams for header in stream.where}
        return frozenset(columns | set(map(header_key, others)))


@dataclass(frozen=True)
class StatedTotal:
    """A figure that the file states of itself. `header`: where it stands; `stream` and `column`: whose sum it should be, no
    column: the number of the file's rows."""

    header: str
    stream: str
    column: str | None


@dataclass(frozen=True)
class Totals:
    """How the file's own totals look. They are no rows of data.

    `words`: a row that begins with one and is no valid row. `when`: header or field -> values that mark a row which repeats
    the others (全部). `line_start`: the first cell of a line of headers at the end, below which stand the figures.
    `checks`: what is compared with the sums of the rows; a difference holds the file at the source gate.
    """

    words: tuple[str, ...] = TOTAL_WORDS
    when: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NOTHING)
    line_start: str | None = None
    checks: tuple[StatedTotal, ...] = ()

    @cached_property
    def word_keys(self) -> frozenset[str]:
        return frozenset(map(header_key, self.words))

    @cached_property
    def spellings(self) -> frozenset[str]:
        """The words as a first cell may spell them."""
        forms = {form for word in self.words for form in (word, word.title(), word.upper())}
        return frozenset(form + end for form in forms for end in ("", ":", "："))


@dataclass(frozen=True)
class PageRules:
    """How an API page says that it failed. `error`: the field of its code, `ok`: the codes of success, `message`: the field of
    its text; `not_ready`: field -> values that mean "come back later"."""

    error: str = "errcode"
    ok: frozenset[str] = frozenset({"0"})
    message: str = "errmsg"
    not_ready: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True)
class Template:
    """One layout of files of a source.

    `reader`: table, pages, or a reader of its own (`readers/`). `constants`: column -> value that the files do not state.
    `zone`: of instants without offset; None: the project's. `cell_prefix`: a mark that the platform writes before each cell.
    `fill_down`: columns of the first stream that a file writes only in the first row of several that belong together; the
    first of them names what belongs together.
    `row_cap`: the platform leaves out what is beyond it. `reject`: the layout cannot be loaded, and this is why and what to
    export instead. `ready_at`: local time of the following day before which a day of zeros means "not ready".
    `restated_days`: for how long the platform still changes a day. `kept_days`: after how many days the platform forgets it.
    `fingerprint`: changes when the template would read a file differently.
    """

    name: str
    source: str
    reader: str
    title_en: str
    title_zh: str
    streams: tuple[StreamTemplate, ...]
    signature: Signature = Signature()
    constants: Mapping[str, str] = field(default_factory=dict)
    zone: str | None = None
    cell_prefix: str = ""
    fill_down: tuple[str, ...] = ()
    totals: Totals = Totals()
    page: PageRules = PageRules()
    row_cap: int | None = None
    reject: str | None = None
    ready_at: str | None = None
    restated_days: int | None = None
    kept_days: int | None = None
    how_to_export: str = ""
    notes: tuple[str, ...] = ()
    is_mapped: bool = False
    fingerprint: str = ""

    def stream(self, name: str) -> StreamTemplate:
        """One stream; of one that stands in several tables, all its columns. Raises `KeyError`."""
        parts = [stream for stream in self.streams if stream.definition.name == name]
        if not parts:
            raise KeyError(name)
        if len(parts) == 1:
            return parts[0]
        columns = {column.name: column for part in reversed(parts) for column in part.columns}
        return replace(parts[0], columns=tuple(columns.values()))

    @cached_property
    def tables(self) -> tuple[TableTemplate, ...]:
        """The tables of a layout: streams with a signature of their own stand apart, those with the same one together."""
        if self.reject is not None:
            return (TableTemplate(self.signature, ()),)
        tables: dict[Signature, list[StreamTemplate]] = {}
        for stream in sorted(self.streams, key=lambda stream: stream.signature is not None):
            tables.setdefault(stream.signature or self.signature, []).append(stream)
        return tuple(TableTemplate(signature, tuple(streams)) for signature, streams in tables.items())

    def restates(self) -> bool:
        """Whether a later file may change a day."""
        return bool(self.restated_days)


def mapped_template(source: SourceDefinition) -> Template:
    """The layout of a mapped source: the header is the column's name. Of several streams the first is the contract."""
    definition = source.streams[0]
    columns = tuple(
        TemplateColumn(column.name, headers=(column.name,), required="value" if column.required else None, unit=column.unit)
        for column in definition.columns
        if not column.derived
    )
    return Template(
        name=f"mapped_{source.name}",
        source=source.name,
        reader="table",
        title_en=f"Mapped file: {source.title_en}",
        title_zh=f"映射文件：{source.title_zh}",
        streams=(StreamTemplate(definition, columns),),
        signature=Signature(tuple(column.name for column in definition.columns if column.required), any_of=definition.recognised_by),
        is_mapped=True,
    )
