"""The bare minimum on the same exports: Arrow for the files, `floor.sql` for the numbers."""

from __future__ import annotations

import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks.measuring import Stopwatch
from community_metrics.settings import load_settings

SQL = Path(__file__).with_name("floor.sql")
# The least that somebody would declare: without it, a column without a value has no type.
TYPES = {"occurred_at": pa.timestamp("s"), "joined_at": pa.timestamp("s"), "updated_at": pa.timestamp("s")}


def ingest_one_file(watch: Stopwatch, home: str, file: str) -> dict[str, Any]:
    """One CSV file of events to Parquet."""
    with watch.part("ingest"):
        rows = _csv_to_parquet(Path(file), Path(home) / "one.parquet")
    return {"rows": rows}


def history(watch: Stopwatch, home: str, exports: list[str], first: str, last: str) -> dict[str, Any]:
    """A stretch of history, split by date, into a new database. Facts: how many member-days."""
    root = Path(home)
    with _connect(root) as connection:
        with watch.part("ingest"):
            for file in _files(exports, "*.parquet"):
                source = file.parent.parent.name
                moment = "occurred_at" if source == "events" else "joined_at"
                (root / source).mkdir(parents=True, exist_ok=True)
                connection.execute(
                    f"copy (select *, cast({moment} as date) as date from read_parquet('{file}')) "
                    f"to '{root / source}' (format parquet, partition_by (date), overwrite_or_ignore, filename_pattern '{file.stem}_{{i}}')"
                )
            for file in _files(exports, "*.csv"):
                _take_csv(root, file)
        return _build_all(watch, connection, root, first, last)


def update(watch: Stopwatch, home: str, exports: list[str], first: str, last: str) -> dict[str, Any]:
    """Changed dates from CSV to published files."""
    root = Path(home)
    with watch.part("ingest"):
        for file in _files(exports, "*.csv"):
            _take_csv(root, file)
    with _connect(root) as connection:
        with watch.part("build"):
            _build(connection, root, first, last)
        with watch.part("publish"):
            (root / "published").mkdir(exist_ok=True)
            _run(connection, "publish", target=root / "published")
    return {}


def build_fully(watch: Stopwatch, home: str, first: str, last: str) -> dict[str, Any]:
    """Everything into a new database. Facts: how many member-days."""
    root = Path(home)
    (root / "full.duckdb").unlink(missing_ok=True)
    with _connect(root, "full.duckdb") as connection:
        return _build_all(watch, connection, root, first, last)


def compare(watch: Stopwatch, home: str, line_home: str) -> dict[str, Any]:
    """How many rows differ between the floor (brought up to date day by day, and built in one go) and the published release."""
    release = load_settings(line_home, environ={}).current_release / "warehouse.duckdb"
    different: dict[str, int] = {}
    for name in ("floor.duckdb", "full.duckdb"):
        with _connect(Path(home), name) as connection:
            connection.execute(f"attach '{release}' as line (read_only)")
            for numbers, count in connection.execute(_steps()["compare"]).fetchall():
                different[numbers] = different.get(numbers, 0) + count
    return {"different": different}


def _build_all(watch: Stopwatch, connection: duckdb.DuckDBPyConnection, root: Path, first: str, last: str) -> dict[str, Any]:
    with watch.part("build"):
        _run(connection, "schema")
        _run(connection, "identity", root=root)
        _build(connection, root, first, last)
    rows = connection.execute("select count(*) from member_day").fetchone()
    return {"member_days": rows[0] if rows else 0}


def _files(exports: list[str], pattern: str) -> list[Path]:
    return [file for folder in exports for file in sorted(Path(folder).rglob(pattern))]


def _take_csv(root: Path, file: Path) -> None:
    """One export as Parquet, beside what is there of its date: a date exported again is repeated, and its newest rows count."""
    source, business_date = re.fullmatch(r"(\w+)-(\d{4}-\d\d-\d\d)", file.stem).groups()  # type: ignore[union-attr]
    stretch = file.parents[2].name
    if source == "identity_links":
        (root / source).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, root / source / file.name)
    else:
        _csv_to_parquet(file, root / source / f"date={business_date}" / f"{stretch}.parquet")


def _csv_to_parquet(file: Path, target: Path) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    table = pyarrow.csv.read_csv(file, convert_options=pyarrow.csv.ConvertOptions(column_types=TYPES))
    pyarrow.parquet.write_table(table, target)
    return len(table)


def _connect(root: Path, name: str = "floor.duckdb") -> duckdb.DuckDBPyConnection:
    """The same threads and memory as the line has."""
    settings = load_settings(root, environ={})
    root.mkdir(parents=True, exist_ok=True)
    return duckdb.connect(
        str(root / name),
        config={"threads": settings.threads, "memory_limit": settings.memory_limit, "preserve_insertion_order": False},
    )


def _build(connection: duckdb.DuckDBPyConnection, root: Path, first: str, last: str) -> None:
    """Month by month: what a month needs fits into memory, and two months into the bits of a number."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    while begin <= end:
        next_month = (begin.replace(day=1) + timedelta(days=31)).replace(day=1)
        _run(connection, "build", root=root, first=begin, last=min(end, next_month - timedelta(days=1)))
        begin = next_month


def _run(connection: duckdb.DuckDBPyConnection, step: str, **values: object) -> None:
    sql = _steps()[step]
    for name, value in values.items():
        sql = sql.replace(f"${name}", str(value))
    connection.execute(sql)


def _steps() -> dict[str, str]:
    """The statements of `floor.sql` by the name in their `-- step:` line."""
    pieces = re.split(r"^-- step: (\w+)\n", SQL.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))
