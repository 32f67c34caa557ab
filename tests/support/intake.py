"""Files into a fresh home and their rows back out of the lake, for tests of everything from landing to lake."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import Workbook

from community_metrics.lake.batch import IngestReport, ingest_waiting
from community_metrics.landing.inbox import land_files
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Landing
from community_metrics.settings import Settings


class Intake:
    """A home in a temporary folder."""

    def __init__(self, folder: Path, timezone: str = "Asia/Shanghai") -> None:
        self.folder = folder
        self.settings = Settings(home=folder / "home", timezone=timezone, memory_limit="512MB", threads=2)

    def write(self, name: str, content: str | bytes) -> Path:
        """A file outside the home."""
        path = self.folder / "outside" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def drop(self, place: str, content: str | bytes) -> Path:
        """A file in the inbox; `place` is <source>/<account>/[dt=YYYY-MM-DD/]<file>."""
        path = self.settings.inbox / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, name: str, content: str | bytes, **declared: Any) -> Landing:
        """Land one file and ingest it; the landing as it is then."""
        [result] = land_files(self.settings, [self.write(name, content)], **declared)
        assert result.landing is not None, result.message
        self.run()
        with Ledger(self.settings.ledger_path) as ledger:
            return ledger.landing(result.landing.landing_id)

    def write_many(self, contents: Sequence[tuple[str, bytes]], source: str | None = None) -> None:
        """Land and ingest many files at once."""
        land_files(self.settings, [self.write(name, content) for name, content in contents if content], source=source)
        self.run()

    def landings(self) -> list[Landing]:
        with Ledger(self.settings.ledger_path) as ledger:
            return ledger.landings()

    def run(self, **options: Any) -> IngestReport:
        return ingest_waiting(self.settings, **options)

    def rows(self, stream: str, columns: str = "*", where: str = "true") -> list[tuple[Any, ...]]:
        """Rows of a stream, given as source/stream, of all landings in the lake, ordered by `_row_no`."""
        files = sorted((self.settings.lake / stream).glob("date=*/*.parquet"))
        if not files:
            return []
        query = f"select {columns} from read_parquet(?, hive_partitioning = false) where {where} order by _row_no"
        return duckdb.execute(query, [[str(file) for file in files]]).fetchall()

    def quarantined(self) -> list[tuple[Any, ...]]:
        """(row_no, column, reason_code, shown) of every row put aside, by row."""
        files = [str(file) for file in self.settings.quarantine.glob("*.parquet")]
        if not files:
            return []
        query = 'select row_no, "column", reason_code, shown from read_parquet(?) order by row_no'
        return duckdb.execute(query, [files]).fetchall()


def workbook(rows: Sequence[Sequence[Any]], **sheets: Sequence[Sequence[Any]]) -> bytes:
    """An xlsx file with the rows in its first sheet, and further sheets by name."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    for name, more in sheets.items():
        sheet = book.create_sheet(name)
        for row in more:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def archive(members: Mapping[str, Any]) -> bytes:
    """A zip; members that are no bytes are written as JSON."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return stream.getvalue()


def group_page(chat_id: str, *members: Mapping[str, Any], **group: Any) -> dict[str, Any]:
    """A response of `externalcontact/groupchat/get`."""
    return {"errcode": 0, "errmsg": "ok", "group_chat": {"chat_id": chat_id, "member_list": list(members), **group}}
