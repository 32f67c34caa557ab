"""A landed file without some people: JSON stays JSON, value by value; tables are kept as they were read (`as_read`).

Everything else of the file stays, also what no template reads: a template that is mended later finds what it would have found.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.errors import InputError
from community_metrics.lake.naming import Survey
from community_metrics.sources.envelopes import RawBatch, RawTable, RowProblem, json_source
from community_metrics.sources.envelopes.as_read import Cells, TableToKeep, keep_as_read
from community_metrics.sources.envelopes.byte_streams import ByteSource
from community_metrics.sources.envelopes.json_lines import JsonLinesTable
from community_metrics.sources.envelopes.json_stream import DROPPED, Place, copy_json
from community_metrics.sources.envelopes.json_text import MARKING_DECODER, PLAIN_DECODER, json_text
from community_metrics.sources.pruning import Names, paths_of
from community_metrics.sources.readers import discord_export, pages, telegram_export
from community_metrics.sources.readers.blocks import ColumnBlock
from community_metrics.sources.readers.model import OpenedFile
from community_metrics.sources.readers.tables import TableMatch
from community_metrics.sources.templates import header_key

_BLOCK_BYTES = 1 << 20
_PLAIN = ("csv", "json", "jsonl", "xml", "html")
# What no encoding (but UTF-16) and no escaping writes in another way.
_SIMPLE = re.compile(r"[0-9A-Za-z_-]+")
_SHEET_ROWS = 1_048_576
_ENTERED = {"telegram_export": telegram_export.route, "discord_export": discord_export.route}


@dataclass(frozen=True)
class Rewriting:
    """What went out of one file; `is_empty`: nothing is left of it."""

    rows: int
    cells: int
    is_empty: bool = False

    def __bool__(self) -> bool:
        return bool(self.rows or self.cells)


def rewrite(target: Path, surveys: Sequence[Survey], mentions: frozenset[str]) -> Rewriting:
    """Write to `target` what is left of a file that has been looked through as one or several landings.

    `mentions`: ids of the people from all files. Raises `InputError` where the file cannot be read to its end.
    """
    survey = _together(surveys)
    file = survey.file
    if file is None:
        return Rewriting(0, 0)
    reader = survey.template.reader if survey.template else ""
    ids = frozenset(survey.ids) if survey.recognition else mentions
    if reader == "telegram_export":
        ids, mentions = ids | {f"user{one}" for one in ids}, mentions | {f"user{one}" for one in mentions}
    names = Names(ids, mentions, paths_of(survey.template))
    match file.envelope.kind:
        case "zip":
            return _zip(target, file, names)
        case "xml":
            documents = [left for one in file.document if (left := _pruned(0, one, survey, names)) is not DROPPED]
            target.write_bytes(_encoded(json_text(documents)))
            return Rewriting(names.removed, names.cells, is_empty=not documents)
        case "jsonl":
            return _lines(target, file, survey, names)
        case "json":
            return _document(target, file, survey, names)
        case _:
            return _tables(target, file, survey, names)


def may_mention(file: OpenedFile, mentions: frozenset[str]) -> bool:
    """Whether one of the ids can stand in the file: only a plain text can be told to be without by its bytes."""
    if file.envelope.kind not in _PLAIN or file.envelope.compression or (file.envelope.encoding or "").startswith("utf-16"):
        return bool(mentions)
    words = [one.encode() for one in mentions]
    if not all(_SIMPLE.fullmatch(one) for one in mentions):
        return True
    longest = max(map(len, words), default=0)
    with file.path.open("rb") as stream:
        before = b""
        while block := stream.read(_BLOCK_BYTES):
            if any(word in before + block for word in words):
                return True
            before = block[-longest:]
    return False


def _together(surveys: Sequence[Survey]) -> Survey:
    """The same bytes may have landed under several declarations."""
    whole = next((one for one in surveys if one.recognition), surveys[0])
    for one in surveys:
        if one is not whole and one.file is not None:
            whole.rows |= one.rows
            whole.totals |= one.totals
            whole.ids |= one.ids
            for row_no, texts in one.cells.items():
                whole.cells.setdefault(row_no, set()).update(texts)
    return whole


def _encoded(text: str) -> bytes:
    # Half of a character, which JSON may escape, is escaped again.
    return text.encode("utf-8", "backslashreplace")


# JSON


def _lines(target: Path, file: OpenedFile, survey: Survey, names: Names) -> Rewriting:
    """Line by line; a line that goes leaves a blank one, so that the others keep their numbers."""
    [table] = file.envelope.tables
    assert isinstance(table, JsonLinesTable), "JSON Lines are read as such"
    left = 0
    with target.open("wb") as output:
        last = 0
        for number, line in table.iter_lines():
            output.write(b"\n" * (number - 1 - last))
            last = number
            changed = _line(number, line, survey, names)
            left += changed is not None
            output.write((changed or b"") + b"\n")
    return Rewriting(names.removed, names.cells, is_empty=not left)


def _line(number: int, line: bytes, survey: Survey, names: Names) -> bytes | None:
    if _by_row(survey) and number in survey.rows:
        names.removed += 1
        return None
    before = (names.removed, names.cells)
    try:
        value = MARKING_DECODER.decode(line.decode())
    except (ValueError, RecursionError):
        text = line.decode("utf-8", "replace")
        return line if names.scrub(text, count=False) == text else None
    left = _pruned(number, value, survey, names)
    if left is DROPPED:
        return None
    return line if (names.removed, names.cells) == before else _encoded(json_text(left))


def _document(target: Path, file: OpenedFile, survey: Survey, names: Names) -> Rewriting:
    source = json_source(file.path, file.limits, file.name)
    reader = survey.template.reader if survey.template else ""
    is_array = source.read_head(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["
    route = _ENTERED.get(reader)
    enter = (lambda place: route(place) == "enter") if route else (lambda place: is_array and not place)
    messages = left = 0

    def change(place: Place, value: Any) -> Any:
        nonlocal messages, left
        if reader == "discord_export" and place == ("messageCount",):
            return str(messages).encode()
        number = int(place[0]) + 1 if place and isinstance(place[0], int) else 1
        if _by_row(survey) and number in survey.rows:
            names.removed += 1
            return DROPPED
        result = _pruned(number, value, survey, names)
        left += result is not DROPPED
        messages += result is not DROPPED and place[:1] == ("messages",)
        return result

    with target.open("wb") as output:
        for piece in copy_json(source, file.limits, enter, change):
            output.write(_encoded(piece))
    return Rewriting(names.removed, names.cells, is_empty=not left)


def _pruned(number: int, value: Any, survey: Survey, names: Names) -> Any:
    """What is left of an element: of a row of a table, without the cells that name somebody."""
    if not _by_row(survey):
        before = (names.removed, names.cells)
        left = names.prune(value)
        if left is DROPPED or (names.removed, names.cells) == before or survey.template is None or survey.template.reader != "pages":
            return left
        # An answer from which all went that it is known by would be taken for another one.
        plain = PLAIN_DECODER.decode(json_text(left))
        return left if pages.is_still_of(plain, survey.template, "page") else DROPPED
    if isinstance(value, dict):
        identifiers = _identifier_keys(survey)
        for key in list(value):
            if header_key(key) in identifiers:
                if isinstance(value[key], (str, bytes)) and _cell_text(value[key]) in survey.cells.get(number, ()):
                    value[key] = None
                    names.cells += 1
            elif (left := names.prune(value[key])) is DROPPED:
                del value[key]
            else:
                value[key] = left
    return value


def _by_row(survey: Survey) -> bool:
    return survey.template is not None and survey.template.reader == "table"


def _identifier_keys(survey: Survey) -> frozenset[str]:
    assert survey.template is not None, "only asked of recognised files"
    return frozenset(
        header_key(header)
        for stream in survey.template.streams
        for column in stream.columns
        if stream.definition.column(column.name).namespace is not None
        for header in (*column.headers, *column.or_else)
    )


def _cell_text(value: str | bytes) -> str:
    return (value.decode() if isinstance(value, bytes) else value).strip()


def _zip(target: Path, file: OpenedFile, names: Names) -> Rewriting:
    """Member by member; a member that is no JSON goes whole if it mentions somebody."""
    archive = file.archive
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as output:
        for name in archive.names:
            content = archive.read(name)
            before = (names.removed, names.cells)
            changed: bytes | None
            try:
                text = "".join(copy_json(_Memory(name, content), file.limits, lambda place: not place, lambda _, value: names.prune(value)))
                changed = _encoded(text) if (names.removed, names.cells) != before else content
            except InputError:
                names.removed, names.cells = before
                mentioning = content.decode("utf-8", "replace")
                changed = content if names.scrub(mentioning, count=False) == mentioning else None
                names.removed += changed is None
            if changed is not None:
                output.writestr(name, changed)
    return Rewriting(names.removed, names.cells)


@dataclass(frozen=True)
class _Memory(ByteSource):
    name: str
    content: bytes

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


# Tables


def _tables(target: Path, file: OpenedFile, survey: Survey, names: Names) -> Rewriting:
    matches = list(survey.recognition.matches) if survey.recognition else []
    tables = [_TableOfPeople(table, matches, survey, names) for table in file.envelope.tables]
    keep_as_read(target, file.name, file.envelope, [TableToKeep(one.table, one.header_row, one.change, one.change_head) for one in tables])
    return Rewriting(names.removed, names.cells)


class _TableOfPeople:
    """One table of a file, and what is to go out of it."""

    def __init__(self, table: RawTable, matches: Sequence[TableMatch], survey: Survey, names: Names) -> None:
        self.table = table
        self._names = names
        self._is_known = survey.template is not None
        self._rows: set[int] = set()
        self._blocks: dict[int, ColumnBlock] = {}
        self._cells: dict[int, set[str]] = {}
        self._identifiers: set[int] = set()
        self._prefix = survey.template.cell_prefix if survey.template else ""
        widest = max(range(len(table.grid_head)), key=lambda index: len(table.grid_head[index]), default=0)
        self.header_row = table.first_row_no if table.header_is_known else table.first_row_no + widest
        # The file's own totals count the people who are gone.
        gone = survey.rows | survey.totals if survey.rows else survey.rows
        for place, match in enumerate(matches):
            block = match.table if isinstance(match.table, ColumnBlock) else None
            if (block.whole if block else match.table) is not table:
                continue
            self.header_row = match.header_row
            numbers = {_row_of(number, place, len(matches)) for number in gone} - {0}
            if block:
                self._blocks |= dict.fromkeys(numbers, block)
            else:
                self._rows |= numbers
            self._cells |= {_row_of(number, place, len(matches)): texts for number, texts in survey.cells.items()}
            identifiers = _identifier_keys(survey)
            start = block.start if block else 0
            self._identifiers |= {start + index for index, key in match.known.items() if key in identifiers}

    def change(self, batch: RawBatch) -> RawBatch:
        """What is left of a batch."""
        columns = [values.to_pylist() if self._mentions(values) else None for values in batch.columns.columns]
        numbers = batch.row_numbers.to_pylist()
        places = {number: place for place, number in enumerate(numbers)}
        keep = pc.invert(pc.is_in(batch.row_numbers, value_set=pa.array(sorted(self._rows), pa.int64())))
        dropped = {places[number] for number in self._rows if number in places}
        if not self._is_known:
            about = {
                place for values in columns if values for place, cell in enumerate(values) if (cell or "").strip() in self._names.telling
            }
            dropped |= about
            keep = pa.array([place not in dropped for place in range(len(numbers))], pa.bool_())
        self._names.removed += len(dropped)
        for number, block in self._blocks.items():
            if number in places:
                self._names.removed += 1
                for index in range(block.start, block.stop):
                    listed = columns[index] or batch.columns.column(index).to_pylist()
                    listed[places[number]] = None
                    columns[index] = listed
        for number, texts in self._cells.items():
            if number in places and places[number] not in dropped:
                self._blank(batch, columns, places[number], texts)
        for index, values in enumerate(columns):
            if values is not None and index not in self._identifiers:
                columns[index] = [
                    cell if cell is None or place in dropped else self._names.scrub(cell) for place, cell in enumerate(values)
                ]
        arrays = [
            old if values is None else pa.array(values, pa.string()) for old, values in zip(batch.columns.columns, columns, strict=True)
        ]
        changed = pa.RecordBatch.from_arrays(arrays, schema=batch.columns.schema)
        return RawBatch(
            changed.filter(keep), batch.row_numbers.filter(keep), [left for one in batch.problems if (left := self._problem(one))]
        )

    def change_head(self, head: Cells) -> Cells:
        """The first rows, of which those that go stand empty, so that the others keep their places."""
        first = self.table.first_row_no
        return [self._head_row(first + index, row) for index, row in enumerate(head)]

    def _head_row(self, number: int, row: list[str | None]) -> list[str | None]:
        texts = self._cells.get(number, set())
        is_about = not self._is_known and any((cell or "").strip() in self._names.telling for cell in row)
        if number in self._rows or number in self._blocks or is_about:
            return []
        return [
            None
            if self._plain(cell) in texts
            else cell
            if cell is None or index in self._identifiers
            else self._names.scrub(cell, count=False)
            for index, cell in enumerate(row)
        ]

    def _blank(self, batch: RawBatch, columns: list[list[str | None] | None], place: int, texts: set[str]) -> None:
        for index, values in enumerate(batch.columns.columns):
            if self._plain(values[place].as_py()) in texts:
                listed = columns[index] or values.to_pylist()
                listed[place] = None
                columns[index] = listed
                self._names.cells += 1

    def _mentions(self, values: pa.StringArray) -> bool:
        return any(pc.any(pc.match_substring(values, one), min_count=0).as_py() for one in self._names.telling)

    def _problem(self, problem: RowProblem) -> RowProblem | None:
        """A row that could not be cut into columns goes if it names somebody, whoever it is about."""
        if problem.row_no in self._rows:
            self._names.removed += 1
            return None
        if any(self._plain(cell) in self._names.ids or (cell and self._names.scrub(cell, count=False) != cell) for cell in problem.cells):
            self._names.removed += 1
            return None
        return problem

    def _plain(self, cell: str | None) -> str | None:
        return None if cell is None else cell.strip().removeprefix(self._prefix).strip()


def _row_of(number: int, place: int, tables: int) -> int:
    """The number of a row in its own table, 0 if it stands in another one: those of the second table follow the longest sheet."""
    if tables == 1:
        return number
    table, row = divmod(number - 1, _SHEET_ROWS)
    return row + 1 if table == place else 0
