"""What an xlsx file would do to the reader that trusts it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import numpy as np
import numpy.typing as npt

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.zips import inflate

MAX_CELLS = 32_000_000
"""The reader holds the rectangle from the first to the last cell of a sheet in memory: a million rows of thirty columns."""

_POSITION = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{0,7})([0-9]{1,10})\s*["']""")
_CELL = re.compile(rb"<(?:[A-Za-z0-9]+:)?c[\s/>]")
_SHARED_TEXT = re.compile(rb"<(?:[A-Za-z0-9]+:)?si[\s/>]")
_SHARED_CELL = re.compile(rb"""\st\s*=\s*["']s["'][^<]*<(?:[A-Za-z0-9]+:)?v>\s*([0-9]{1,9})""")
_OVERLAP = 256
_LONGEST_POSITION = 32


def _byte_table(members: dict[int, int]) -> npt.NDArray[np.int8]:
    table = np.full(256, -1, dtype=np.int8)
    table[list(members)] = list(members.values())
    return table


_DIGITS = _byte_table({ord("0") + digit: digit for digit in range(10)})
_LETTERS = _byte_table({first + index: index + 1 for first in (ord("a"), ord("A")) for index in range(26)})
_SPACES = np.isin(np.arange(256), list(b" \t\n\r\f\v"))
_ENDS_NAME = np.isin(np.arange(256), list(b"/> \t\n\r\f\v"))
_QUOTES = np.isin(np.arange(256), list(b"\"'"))


def check_xlsx(archive: zipfile.ZipFile, path: Path, where: str, limits: Limits) -> None:
    """Unpack every part once, and refuse what the workbook reader would choke on.

    The reader trusts the sizes of the parts and the position of the last cell: a single cell in the last corner of a
    sheet would make it ask for half a terabyte, which kills the process. Texts that cells share are copied to each cell.
    Raises `InputError`: too_large, decompression_bomb, unsafe_archive, truncated, unreadable_envelope.
    """
    shared_lengths = np.zeros(0, dtype=np.int64)
    cells = copied = 0
    # The shared texts first: what they weigh depends on the sheets that follow.
    members = sorted(archive.infolist(), key=lambda info: not info.filename.lower().endswith("sharedstrings.xml"))
    with path.open("rb") as file:
        for member in members:
            name = member.filename.lower()
            if name.endswith("sharedstrings.xml"):
                shared_lengths = _shared_lengths(inflate(file, member, where))
            elif name.endswith(".xml") and "sheets/" in name:
                sheet = _Sheet(len(shared_lengths))
                sheet.scan(inflate(file, member, where))
                if sheet.has_implicit_positions:
                    sheet.count_positions(inflate(file, member, where))
                cells += sheet.last_row * sheet.last_column
                copied += int(sheet.shared_uses @ shared_lengths)
            else:
                for _ in inflate(file, member, where):
                    pass
            if cells > MAX_CELLS:
                raise InputError("too_large", f"its sheets span {cells} cells; at most {MAX_CELLS} are read", where, "export it as CSV")
            if copied > limits.max_unpacked_bytes:
                raise InputError("decompression_bomb", f"its texts unpack to {copied} bytes", where, "export it as CSV")


@dataclass
class _Sheet:
    """Bounds of the rectangle that a sheet's cells span, and how often each shared text is used."""

    shared_count: int
    last_row: int = 1
    last_column: int = 1
    has_implicit_positions: bool = False
    shared_uses: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.shared_uses = np.zeros(self.shared_count, dtype=np.int64)

    def scan(self, chunks: Iterator[bytes]) -> None:
        positions = cells = 0
        for window, overlap in _windows(chunks):
            last_row, last_column, count = _usual_positions(window, overlap) or _any_positions(window, overlap)
            self.last_row, self.last_column = max(self.last_row, last_row), max(self.last_column, last_column)
            positions += count
            cells += _cell_count(window, overlap)
            if self.shared_count:
                uses = np.array(list(map(int, _new_matches(_SHARED_CELL, window, overlap))), dtype=np.int64)
                self.shared_uses += np.bincount(np.minimum(uses, self.shared_count - 1), minlength=self.shared_count)
        self.has_implicit_positions = cells > positions

    def count_positions(self, chunks: Iterator[bytes]) -> None:
        """Some writers leave the positions out: then they have to be counted, as the reader will."""
        row = column = 0

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal row, column
            tag = name.rpartition(":")[2]
            if tag == "row":
                given = attributes.get("r", "")
                row, column = int(given[:10]) if given.isdecimal() else row + 1, 0
            elif tag == "c":
                given = "".join(filter(str.isalpha, attributes.get("r", "")))[:7]
                column = _column_number(given.encode()) if given else column + 1
                self.last_row, self.last_column = max(self.last_row, row), max(self.last_column, column)

        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)


def _any_positions(window: bytes, overlap: int) -> tuple[int, int, int]:
    """The greatest row and column of any position, and how many cells state theirs behind the overlap."""
    last_row = last_column = 1
    count = 0
    for match in _POSITION.finditer(window):
        letters, digits = match.groups()
        last_row, last_column = max(last_row, int(digits)), max(last_column, _column_number(letters))
        count += bool(letters) and match.end() > overlap
    return last_row, last_column, count


def _usual_positions(window: bytes, overlap: int) -> tuple[int, int, int] | None:
    """The same without looking at each match, which takes longer than reading the workbook; None where white space stands
    around a position, as no program writes it."""
    text = np.frombuffer(window + bytes(_LONGEST_POSITION), dtype=np.uint8)
    equals = np.flatnonzero(text == ord("="))
    equals = equals[equals >= 2]
    if _SPACES[text[equals - 1]].any():
        return None
    named = equals[(text[equals - 1] == ord("r")) & _SPACES[text[equals - 2]]]
    if _SPACES[text[named + 1]].any():
        return None
    place = named[_QUOTES[text[named + 1]]] + 2
    if _SPACES[text[place]].any():
        return None
    columns, letters, place = _read(text, place, _LETTERS, 7, 26)
    rows, digits, place = _read(text, place, _DIGITS, 10, 10)
    if _SPACES[text[place]].any():
        return None
    is_position = (digits > 0) & _QUOTES[text[place]]
    count = int(np.count_nonzero(is_position & (letters > 0) & (place + 1 > overlap)))
    return int(rows[is_position].max(initial=1)), int(columns[is_position].max(initial=1)), count


_Numbers = npt.NDArray[np.int64]


def _read(text: npt.NDArray[np.uint8], place: _Numbers, values: npt.NDArray[np.int8], most: int, base: int) -> tuple[_Numbers, ...]:
    """Numbers of at most `most` digits from each place on, their lengths, and where they end."""
    numbers, begin = np.zeros(len(place), dtype=np.int64), place
    for _ in range(most):
        digits = values[text[place]]
        is_digit = digits >= 0
        if not is_digit.any():
            break
        numbers = np.where(is_digit, numbers * base + digits, numbers)
        place = place + is_digit
    return numbers, place - begin, place


def _cell_count(window: bytes, overlap: int) -> int:
    """How many cells begin behind the overlap."""
    if b":c" in window:
        return len(_new_matches(_CELL, window, overlap))
    text = np.frombuffer(window, dtype=np.uint8)
    tags = np.flatnonzero(text[:-2] == ord("<"))
    is_cell = (text[tags + 1] == ord("c")) & _ENDS_NAME[text[tags + 2]] & (tags + len("<c ") > overlap)
    return int(np.count_nonzero(is_cell))


def _new_matches(pattern: re.Pattern[bytes], window: bytes, overlap: int) -> list[bytes]:
    """What ends behind the overlap."""
    known = sum(match.end() <= overlap for match in pattern.finditer(window, 0, overlap + _OVERLAP)) if overlap else 0
    return pattern.findall(window)[known:]


def _shared_lengths(chunks: Iterator[bytes]) -> npt.NDArray[np.int64]:
    """Upper bounds of the lengths of the shared texts: from the start of one to the start of the next."""
    starts: list[int] = []
    position = 0
    for window, overlap in _windows(chunks):
        starts.extend(position - overlap + match.start() for match in _SHARED_TEXT.finditer(window) if match.end() > overlap)
        position += len(window) - overlap
    bounds = np.array([*starts, position], dtype=np.int64)
    return bounds[1:] - bounds[:-1]


def _windows(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    """The chunks, each behind the end of the one before, so that no tag is cut; and the length of that end.

    A match is new if it ends behind the overlap.
    """
    before = b""
    for chunk in chunks:
        yield before + chunk, len(before)
        before = (before + chunk)[-_OVERLAP:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return max(number, 1)
