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
            for match in _POSITION.finditer(window):
                letters, digits = match.groups()
                self.last_row = max(self.last_row, int(digits))
                self.last_column = max(self.last_column, _column_number(letters))
                positions += bool(letters) and match.end() > overlap
            cells += sum(match.end() > overlap for match in _CELL.finditer(window))
            uses = [int(match[1]) for match in _SHARED_CELL.finditer(window) if match.end() > overlap]
            if uses and self.shared_count:
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
