"""The grammar of delimited text, record by record: for the head of a file and for rows that do not fit.

The same dialect as the column reader's: a quote counts at the start of a cell only, a doubled one stands for itself,
and a line ends with LF, CRLF or CR.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True)
class Record:
    """One record: its cells, the offset behind its line end, and whether every quoted cell ends with its quote."""

    cells: list[str]
    end: int
    is_clean: bool = True


def iter_records(text: str, delimiter: str, most_cells: int = 16_384) -> Iterator[Record]:
    """The records of `text`; a blank line is one empty cell. Cells beyond `most_cells` are left out."""
    pattern = _cell_pattern(delimiter)
    position = 0
    cells: list[str] = []
    is_clean = True
    while position < len(text):
        match = pattern.match(text, position)
        assert match is not None  # the last alternative matches the empty string
        is_clean = is_clean and match["open"] is None and not match["rest"]
        if len(cells) < most_cells:
            cells.append(_cell(match))
        position = match.end()
        behind = text[position : position + 1]
        if behind == delimiter:
            position += 1
            if position < len(text):
                continue
            if len(cells) < most_cells:
                cells.append("")
            behind = ""
        position += 2 if text.startswith("\r\n", position) else len(behind)
        yield Record(cells, position, is_clean)
        cells, is_clean = [], True


def sniff_delimiter(text: str, is_all: bool, rows: int) -> str:
    """The delimiter that cuts most of the first `rows` records into the same number of cells, more than one.

    A record in which a quoted cell goes on behind its quote speaks against a delimiter: it stood within quotes.
    """
    best, best_score = DELIMITERS[0], 0.0
    for delimiter in DELIMITERS:
        records = head_records(text, delimiter, is_all, rows)
        clean = [record for record in records if record.is_clean]
        widths = Counter(len(record.cells) for record in clean)
        score = max(((width - 1) * count for width, count in widths.items()), default=0) * len(clean) / max(len(records), 1)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def head_records(text: str, delimiter: str, is_all: bool, rows: int) -> list[Record]:
    """At most `rows` records; a record that the end of `text` may have cut is left out unless the text `is_all`."""
    records: list[Record] = []
    for record in iter_records(text, delimiter):
        if len(records) == rows or (record.end >= len(text) and not is_all):
            break
        records.append(record)
    return records


@lru_cache(maxsize=len(DELIMITERS))
def _cell_pattern(delimiter: str) -> re.Pattern[str]:
    bare = rf"[^{re.escape(delimiter)}\r\n]*"
    # Possessive, so that the quotes of an unclosed cell are not taken apart to make it look closed.
    inside = r"(?:[^\"]++|\"\")*+"
    return re.compile(rf'"(?P<quoted>{inside})"(?P<rest>{bare})|"(?P<open>{inside})\Z|(?P<bare>{bare})')


def _cell(match: re.Match[str]) -> str:
    if match["quoted"] is not None:
        return match["quoted"].replace('""', '"') + match["rest"]
    if match["open"] is not None:
        return match["open"].replace('""', '"')
    return match["bare"]
