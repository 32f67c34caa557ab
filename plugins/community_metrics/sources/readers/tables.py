"""Tables with a header: CSV, JSON Lines, Parquet, workbooks, HTML. The header is found by the headers it should have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.errors import InputError
from community_metrics.sources.envelopes import RawBatch, RawTable, RowProblem, locate_duplicates
from community_metrics.sources.grammar.model import DEFAULT_NULL_TOKENS
from community_metrics.sources.readers.blocks import column_blocks
from community_metrics.sources.readers.model import Drift, OpenedFile, RowGroup, SourceBatch
from community_metrics.sources.readers.shaping import FillDown, first_filled, shape, strip_prefix
from community_metrics.sources.templates import (
    EVERY_OTHER,
    StreamTemplate,
    TableTemplate,
    Template,
    TemplateColumn,
    header_key,
    words_named,
)

_LARGEST_SHEET_ROW = 1_048_576
_LIKE = 0.4


@dataclass(frozen=True)
class TableMatch:
    """A table of a file in which a template's header row has been found. `known`: index of the header -> its `header_key`."""

    template: TableTemplate
    table: RawTable
    header_row: int
    headers: tuple[str, ...]
    known: Mapping[int, str]

    @property
    def hits(self) -> int:
        """How many of the template's headers are there."""
        return len(set(self.known.values()))

    @property
    def unknown(self) -> list[str]:
        """The headers that the template does not know."""
        return [header for index, header in enumerate(self.headers) if index not in self.known and header]

    @property
    def header_index(self) -> int:
        return self.header_row - self.table.first_row_no


def match_file(template: Template, tables: Sequence[RawTable]) -> list[TableMatch]:
    """The template's tables in the file's, best first within each; those whose signature is complete, else the closest one."""
    found: list[TableMatch] = []
    for part in template.tables:
        matches = [match for table in tables for match in _match_with_blocks(part, table)]
        complete = [match for match in matches if is_complete(match)]
        found += complete or sorted(matches, key=lambda match: match.hits, reverse=True)[:1]
    complete = [match for match in found if is_complete(match)]
    return complete or sorted(found, key=lambda match: match.hits, reverse=True)[:1]


def is_complete(match: TableMatch, given: frozenset[str] = frozenset()) -> bool:
    """Whether everything is there that the table is recognised by. `given`: columns that the landing itself states."""
    sheet = match.template.signature.sheet
    return (sheet is None or match.table.name == sheet) and not _missing_signature(match, given)


def missing_headers(template: Template, match: TableMatch | None, given: frozenset[str], only_signature: bool = False) -> list[str]:
    """What the file should have and has not: of each column all its headers, joined by ` or `."""
    if match is None:
        return [" or ".join(_aliases(table, header)) for table in template.tables[:1] for header in table.signature.headers]
    lacking = _missing_signature(match, given)
    if only_signature:
        return lacking
    present = set(match.known.values())
    stated = given | set(template.constants)
    for stream in match.template.streams:
        for column in stream.columns:
            is_stated = column.name in stated or not column.required or not column.headers
            if not is_stated and not present.intersection(map(header_key, (*column.headers, *column.or_else))):
                lacking.append(" or ".join(column.headers))
    return list(dict.fromkeys(lacking))


def _missing_signature(match: TableMatch, given: frozenset[str]) -> list[str]:
    signature = match.template.signature
    present = set(match.known.values()) | {header_key(name) for name in given}
    lacking = []
    for header in signature.headers:
        # A column that has been renamed is there under any of its names.
        names = _aliases(match.template, header)
        if not present.intersection(map(header_key, names)):
            lacking.append(" or ".join(names))
    if signature.any_of and not present.intersection(map(header_key, signature.any_of)):
        lacking.append(" or ".join(signature.any_of))
    unwanted = set(map(header_key, signature.without))
    return lacking + [f"no {header}" for header in match.headers if header_key(header) in unwanted]


def _aliases(part: TableTemplate, header: str) -> tuple[str, ...]:
    columns = (stream.columns_by_header.get(header_key(header)) for stream in part.streams)
    return next((column.headers for column in columns if column is not None), (header,))


def check_match(template: Template, match: TableMatch | None, given: frozenset[str], file_name: str) -> None:
    """Raises `InputError`: missing_required_column, duplicate_header, unexpected_layout."""
    if match is None:
        raise InputError(
            "unexpected_layout",
            f"none of the first rows holds a header of {template.name} ({', '.join(missing_headers(template, None, given))})",
            file_name,
            "check that this is the right export for the source, and that its first rows hold the header",
        )
    where = f"{file_name}, {_row_name(match)}"
    missing = missing_headers(template, match, given)
    if missing:
        nearest = _nearest(missing[0].split(" or "), match.unknown)
        found = f"the closest header found is {nearest!r}" if nearest else f"headers found: {', '.join(filter(None, match.headers))[:300]}"
        raise InputError(
            "missing_required_column",
            f"the required column {', '.join(map(repr, missing))} is missing; {found}",
            where,
            f"export it again with the column, or add the new header to template {template.name}"
            if not template.is_mapped
            else f"name the column {missing[0]!r}",
        )
    repeated = {
        header: places for header, places in locate_duplicates(match.headers).items() if template.is_mapped or places[0] in match.known
    }
    for stream in match.template.streams:
        repeated = repeated or _clashes(stream, match)
    if repeated:
        header, places = next(iter(repeated.items()))
        raise InputError(
            "duplicate_header",
            f"the header {header!r} stands {len(places)} times (columns {', '.join(str(place + 1) for place in places)})",
            where,
            "keep one of them, or give the other another name",
        )


def read(file: OpenedFile, template: Template, matches: Sequence[TableMatch], drift: Drift) -> Iterator[RowGroup]:
    """The rows of the matched tables, in file order. Raises `InputError` for damage found on the way.

    Several tables are one file: the rows of the second are numbered on from the largest row that a sheet can have.
    """
    rows = 0
    for sheet, match in enumerate(matches):
        seen = set(match.known.values())
        filler = FillDown()
        for batch in match.table.iter_batches(None if match.table.header_is_known else match.header_row):
            rows += len(batch.row_numbers)
            seen |= set(map(header_key, batch.columns.schema.names))
            yield _row_group(template, match.template, batch, sheet * _LARGEST_SHEET_ROW, filler)
        if not template.is_mapped:
            columns = [column for stream in match.template.streams for column in stream.columns if column.headers]
            drift.missing |= {column.headers[0] for column in columns if not seen.intersection(map(header_key, column.headers))}
    if template.row_cap is not None and rows >= template.row_cap:
        drift.warnings["row_cap"] = f"{rows} rows: the platform exports at most {template.row_cap}, so that some may have been left out"
    used = {match.table.name.partition(", columns ")[0] for match in matches}
    if left_out := [table.name for table in file.envelope.tables if table.name not in used]:
        drift.warnings["tables_left_out"] = f"no such table is expected: {', '.join(left_out)[:200]}"


def _match_with_blocks(part: TableTemplate, table: RawTable) -> list[TableMatch]:
    """The table as a whole, or the best of the tables that stand side by side in it."""
    whole = _match(part, table)
    if whole is None or table.header_is_known:
        return [whole] if whole else []
    matches = [match for block in column_blocks(table, whole.header_index) if (match := _match(part, block)) is not None]
    apart = [match for match in matches if is_complete(match)]
    # A header that stands twice, or that the template looks for elsewhere: the blank column is a border, not a blank header.
    if apart and (locate_duplicates(whole.headers) or not is_complete(whole)):
        return [max(apart, key=lambda match: match.hits)]
    return [whole]


def _match(part: TableTemplate, table: RawTable) -> TableMatch | None:
    """Find the row with the most distinct known headers (the first of equals); None if no row has one.

    A banner that a workbook repeats in every cell counts nothing, a header row with an unknown header more counts the same.
    """
    best: TableMatch | None = None
    known = part.known_headers | {header_key(header) for header in (*part.signature.headers, *part.signature.any_of)}
    for offset, cells in enumerate(table.grid_head[:1] if table.header_is_known else table.grid_head):
        headers = tuple((cell or "").strip() for cell in cells)
        found = {index: key for index, header in enumerate(headers) if (key := header_key(header)) in known}
        match = TableMatch(part, table, table.first_row_no + offset, headers, found)
        if match.hits and (best is None or match.hits > best.hits):
            best = match
    return best


def _clashes(stream: StreamTemplate, match: TableMatch) -> dict[str, list[int]]:
    """Different headers that stand for one column."""
    places: dict[str, list[int]] = {}
    for index, key in match.known.items():
        if (column := stream.columns_by_header.get(key)) is not None:
            places.setdefault(column.name, []).append(index)
    return {match.headers[indexes[0]]: indexes for indexes in places.values() if len(indexes) > 1}


def _nearest(wanted: Sequence[str], found: Sequence[str]) -> str | None:
    """The unknown header that looks most like a wanted one; None if none does."""

    def likeness(header: str) -> float:
        return max(difflib.SequenceMatcher(None, header_key(one), header_key(header)).ratio() for one in wanted)

    best = max(found, key=likeness, default=None)
    return best if best is not None and likeness(best) >= _LIKE else None


def _row_name(match: TableMatch) -> str:
    place = "its fields" if match.table.header_is_known else f"row {match.header_row}"
    return f"sheet {match.table.name}, {place}" if match.table.kind in ("xlsx", "xls") else place


def _row_group(template: Template, part: TableTemplate, batch: RawBatch, offset: int, filler: FillDown) -> RowGroup:
    """The rows of one batch as the streams that they feed, and those that feed none."""
    names = batch.columns.schema.names
    cells = [strip_prefix(values, template.cell_prefix) for values in batch.columns.columns]
    places = {header_key(name): index for index, name in reversed(list(enumerate(names)))}
    if template.fill_down:
        _fill_down(template, part, places, cells, filler)
    row_numbers, problems = batch.row_numbers, _stripped(batch.problems, template.cell_prefix)
    if offset:
        row_numbers = pc.add(row_numbers, offset)
        problems = [RowProblem(one.row_no + offset, one.reason_code, one.column, one.detail, one.cells) for one in problems]
    is_total = _holds(template.totals.when, places, cells, len(row_numbers)) if template.totals.when else None
    known = part.known_headers
    unknown = {
        names[index].strip() or f"column {index + 1}": cells[index] for index in range(len(names)) if header_key(names[index]) not in known
    }
    batches = []
    named = words_named(part.streams)
    unfed = pa.repeat(True, len(row_numbers))
    for stream in part.streams:
        mine = _holds(stream.where, places, cells, len(row_numbers), named) if stream.where else None
        columns = {
            column.name: shape(column, values) for column in stream.columns if (values := _cells_of(column, places, cells)) is not None
        }
        first = cells[0] if names else pa.nulls(len(row_numbers), pa.string())
        whole = SourceBatch(stream.definition.name, row_numbers, columns, unknown, first, is_total)
        batches.append(whole if mine is None else whole.filter(mine))
        unfed = pa.repeat(False, len(row_numbers)) if mine is None else pc.and_not(unfed, mine)
    for index in pc.indices_nonzero(unfed).to_pylist():
        row = tuple(values[index].as_py() for values in cells)
        marks = ", ".join(
            f"{header} is none of {'/'.join(sorted(words))}" for stream in part.streams for header, words in stream.where.items()
        )
        problems.append(RowProblem(row_numbers[index].as_py(), "no_stream", next(iter(part.streams[0].where)), marks[:300], row))
    return RowGroup(tuple(batches), tuple(problems))


def _fill_down(template: Template, part: TableTemplate, places: Mapping[str, int], cells: list[pa.StringArray], filler: FillDown) -> None:
    columns = {column.name: column for column in part.streams[0].columns}
    headers = (header for name in template.fill_down for header in ((*columns[name].headers, *columns[name].or_else)))
    indexes = list(dict.fromkeys(places[key] for header in headers if (key := header_key(header)) in places))
    for index, values in zip(indexes, filler.fill([cells[index] for index in indexes]), strict=True):
        cells[index] = values


def _cells_of(column: TemplateColumn, places: Mapping[str, int], cells: Sequence[pa.StringArray]) -> pa.StringArray | None:
    found = [index] if (index := _place(column, places)) is not None else []
    found += [places[key] for header in column.or_else if (key := header_key(header)) in places]
    if not found:
        return None
    if len(found) == 1:
        return cells[found[0]]
    return first_filled([cells[index] for index in found], column.null_tokens or DEFAULT_NULL_TOKENS)


def _place(column: TemplateColumn, places: Mapping[str, int]) -> int | None:
    return next((places[key] for header in column.headers if (key := header_key(header)) in places), None)


def _holds(
    words: Mapping[str, frozenset[str]],
    places: Mapping[str, int],
    cells: Sequence[pa.StringArray],
    count: int,
    named: Mapping[str, frozenset[str]] | None = None,
) -> pa.BooleanArray:
    """Where each of the headers has one of its words, or with `*` among them none of the `named` ones."""
    holds = pa.repeat(True, count)
    for header, accepted in words.items():
        index = places.get(header_key(header))
        if index is None:
            return pa.repeat(False, count)
        is_rest = named is not None and EVERY_OTHER in accepted
        value_set = pa.array(sorted(named[header] - accepted if named is not None and is_rest else accepted), pa.string())
        found = pc.is_in(pc.utf8_trim_whitespace(cells[index]), value_set=value_set)
        holds = pc.and_(holds, pc.invert(found) if is_rest else found)
    return holds


def _stripped(problems: Sequence[RowProblem], prefix: str) -> list[RowProblem]:
    if not prefix:
        return list(problems)
    return [
        RowProblem(one.row_no, one.reason_code, one.column, one.detail, tuple(cell and cell.removeprefix(prefix) for cell in one.cells))
        for one in problems
    ]
