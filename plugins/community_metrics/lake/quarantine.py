"""Rows that cannot be used: put aside with a reason, one record per row, without showing what is personal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from community_metrics.lake.files import ParquetFile
from community_metrics.landing.records import QuarantinedRow

_SCHEMA = pa.schema(
    {
        "landing_id": pa.string(),
        "stream": pa.string(),
        "row_no": pa.int64(),
        "column": pa.string(),
        "reason_code": pa.string(),
        "shown": pa.string(),
        "account_id": pa.string(),
        "business_date": pa.string(),
        "row_hash": pa.binary(),
    }
)
_BATCH_ROWS = 20_000


@dataclass(frozen=True)
class BadRow:
    """One row put aside: its first column that does not fit and why. `shown`: a masked value, or a remark without any value."""

    stream: str
    row_no: int
    column: str | None
    reason_code: str
    shown: str | None
    account_id: str
    business_date: date | None
    row_hash: bytes


def mask(value: str | None) -> str | None:
    """The first two characters and the length; of a short value the length alone.

    >>> mask("13800138000"), mask("abcd"), mask("")
    ('13… (11 characters)', '… (4 characters)', '… (0 characters)')
    """
    if value is None:
        return None
    return f"{value[:2] if len(value) > 6 else ''}… ({len(value)} characters)"


class Quarantine:
    """The quarantine file of one ingest, written as rows come. Nothing is written when no row is put aside."""

    def __init__(self, path: Path, landing_id: str) -> None:
        self.path = path
        self.rows = 0
        self._landing_id = landing_id
        self._waiting: list[BadRow] = []
        self._file: ParquetFile | None = None

    def add(self, row: BadRow) -> None:
        self.rows += 1
        self._waiting.append(row)
        if len(self._waiting) >= _BATCH_ROWS:
            self._flush()

    def close(self) -> None:
        """Make the file appear; without rows, no file."""
        if self._waiting:
            self._flush()
        if self._file is not None:
            self._file.commit()
        else:
            self.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Leave nothing behind. Harmless after `close`."""
        if self._file is not None:
            self._file.abandon()

    def recorded(self) -> Iterator[QuarantinedRow]:
        """The rows for the ledger, read back in bounded memory; after `close`."""
        if not self.rows:
            return
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(_BATCH_ROWS, columns=["account_id", "business_date", "row_hash"]):
                for account_id, day, row_hash in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield QuarantinedRow(account_id, date.fromisoformat(day) if day else None, row_hash)

    def _flush(self) -> None:
        if self._file is None:
            self._file = ParquetFile(self.path, _SCHEMA)
        rows = self._waiting
        columns = {
            "landing_id": [self._landing_id] * len(rows),
            "stream": [row.stream for row in rows],
            "row_no": [row.row_no for row in rows],
            "column": [row.column for row in rows],
            "reason_code": [row.reason_code for row in rows],
            "shown": [row.shown for row in rows],
            "account_id": [row.account_id for row in rows],
            "business_date": [row.business_date.isoformat() if row.business_date else None for row in rows],
            "row_hash": [row.row_hash for row in rows],
        }
        self._file.write(pa.Table.from_pydict(columns, schema=_SCHEMA))
        self._waiting = []
