"""HTML tables, which consoles like to name .xls."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.batches import MAX_COLUMNS
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN
from community_metrics.sources.envelopes.byte_streams import ByteSource
from community_metrics.sources.envelopes.encodings import detect_encoding
from community_metrics.sources.envelopes.grids import GridTable, Row
from community_metrics.sources.envelopes.model import Envelope, RawTable
from community_metrics.sources.envelopes.workbook_safety import MAX_CELLS

MAX_HTML_BYTES = 256 * 2**20
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.IGNORECASE)
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "cp936"})
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")


def open_html(source: ByteSource, limits: Limits) -> Envelope:
    """Every table with a cell. A cell that spans several leaves the others null. Raises `InputError` no_table."""
    content = source.read_all(MAX_HTML_BYTES)
    encoding = _encoding(source, content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError("unknown_encoding", f"byte {error.start} is no {encoding}", source.name, EXPORT_AGAIN) from error
    parser = _TableParser(source.name)
    parser.feed(text)
    parser.close()
    parser.finish()
    grids = [grid for grid in parser.grids if any(any(row) for row in grid)]
    if not grids:
        raise InputError("no_table", "an HTML page without a table (an error page?)", source.name, EXPORT_AGAIN)
    tables: list[RawTable] = []
    for index, grid in enumerate(grids, 1):
        name = source.name if len(grids) == 1 else f"{source.name}: table {index}"
        tables.append(GridTable("html", name, name, grid.__iter__, limits))
    return Envelope("html", tables, encoding=encoding)


def _encoding(source: ByteSource, content: bytes) -> str:
    declared = _CHARSET.search(content[:8192])
    if declared and declared[1].lower().decode() in _CHINESE and not content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return "gb18030"
    return detect_encoding(source)


@dataclass
class _Table:
    rows: list[Row] = field(default_factory=list)
    # Column -> rows that a cell above still covers.
    covered: dict[int, int] = field(default_factory=dict)
    row: Row | None = None
    cell: list[str] | None = None
    span: tuple[int, int] = (1, 1)


class _TableParser(HTMLParser):
    """Collects the cells of all tables; a table within a table is one of its own."""

    def __init__(self, where: str) -> None:
        super().__init__(convert_charrefs=True)
        self.grids: list[list[Row]] = []
        self._where = where
        self._open: list[_Table] = []
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            table = _Table()
            self._open.append(table)
            self.grids.append(table.rows)
        if not self._open:
            return
        table = self._open[-1]
        if tag == "tr":
            self._end_row(table)
            table.row = []
        elif tag in ("td", "th"):
            self._end_cell(table)
            if table.row is None:
                table.row = []
            spans = {name: value or "" for name, value in attrs}
            table.cell, table.span = [], (_span(spans.get("colspan")), _span(spans.get("rowspan")))
        elif tag == "br" and table.cell is not None:
            table.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if not self._open:
            return
        if tag in ("td", "th"):
            self._end_cell(self._open[-1])
        elif tag == "tr":
            self._end_row(self._open[-1])
        elif tag == "table":
            self._end_row(self._open.pop())

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].cell is not None:
            self._open[-1].cell.append(_SPACES.sub(" ", data))

    def finish(self) -> None:
        """Close what the page left open."""
        while self._open:
            self._end_row(self._open.pop())

    def _end_cell(self, table: _Table) -> None:
        if table.cell is None or table.row is None:
            return
        columns, rows = table.span
        _skip_covered(table)
        first = len(table.row)
        table.row.append("\n".join(line.strip() for line in "".join(table.cell).split("\n")).strip() or None)
        table.row.extend([None] * (columns - 1))
        if rows > 1:
            table.covered.update(dict.fromkeys(range(first, first + columns), rows))
        table.cell = None
        self._count(columns)

    def _end_row(self, table: _Table) -> None:
        self._end_cell(table)
        if table.row is None:
            return
        _skip_covered(table)
        table.rows.append(table.row)
        table.row = None
        table.covered = {column: rows - 1 for column, rows in table.covered.items() if rows > 1}
        self._count(1)

    def _count(self, cells: int) -> None:
        self._cells += cells
        if self._cells > MAX_CELLS:
            raise InputError("too_large", f"tables of more than {MAX_CELLS} cells", self._where, "export it as CSV")


def _skip_covered(table: _Table) -> None:
    row = table.row
    while row is not None and table.covered.get(len(row), 0) > 0 and len(row) < MAX_COLUMNS:
        row.append(None)


def _span(text: str | None) -> int:
    return min(max(int(text), 1), MAX_COLUMNS) if text and text.strip().isdecimal() and len(text) < 10 else 1
