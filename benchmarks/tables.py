"""`python -m benchmarks.tables`: big tables to the lake, beside the bare libraries that such files cannot be read without.

Line: the ingest of a landed file, whole (`ingest_landing`): recognise, read, grammar, keyed hashes, Parquet by date, on the disk.
Floor of a CSV: decode, `pyarrow.csv` with every column as text, one Parquet file with the same compression. Floor of a workbook:
python-calamine's lists. Both sides of a repetition run one right after the other, in processes of their own; the least of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.measuring import Cost, Measured, Stopwatch, answer, run_step
from benchmarks.report import HEADER, Comparison, cells, table

MODULE = "benchmarks.tables"
RESULTS = Path(__file__).with_name("results") / "tables.json"
ENCODINGS = ("utf-8", "gb18030")
SOURCES = ("events", "orders")


def generate(watch: Stopwatch, folder: str, rows: int, workbook_rows: int) -> dict[str, Any]:
    """Write the files of `_files`."""
    from benchmarks.big_tables import events, orders, write_csv, write_workbook

    with watch.part("generate"):
        for name, make in (("events", events), ("orders", orders)):
            once = make(rows)
            for encoding in ENCODINGS:
                write_csv(once, Path(folder) / f"{name}-1-{encoding}.csv", encoding)
        write_csv(events(3 * rows), Path(folder) / "events-3-utf-8.csv", "utf-8")
        write_workbook(events(workbook_rows), Path(folder) / "events.xlsx")
    return {}


def line(watch: Stopwatch, home: str, file: str, source: str) -> dict[str, Any]:
    """A landed file into the lake."""
    # Imported here, so that the process that measures stays small, and the bare side too.
    from community_metrics.lake.files import ensure_stream_schemas
    from community_metrics.lake.ingest import Workshop, ingest_landing
    from community_metrics.landing.inbox import land_files
    from community_metrics.landing.ledger import Ledger
    from community_metrics.settings import load_settings

    settings = load_settings(home, environ={})
    ensure_stream_schemas(settings)
    [landed] = land_files(settings, [Path(file)], source=source)
    assert landed.landing is not None, landed.message
    with Ledger(settings.ledger_path) as ledger, Workshop(settings) as workshop, watch.part("work"):
        landing = ingest_landing(settings, ledger, landed.landing, workshop=workshop)
    if landing.status != "ingested" or landing.accepted != landing.rows:
        raise RuntimeError(f"the generated file was not taken whole: {landing.status}, {landing.accepted} of {landing.rows} rows")
    return {"rows": landing.accepted}


def floor_csv(watch: Stopwatch, home: str, file: str, encoding: str) -> dict[str, Any]:
    """Decode, parse, write, all at once."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    with watch.part("work"):
        content = Path(file).read_bytes()
        if encoding != "utf-8":
            content = content.decode(encoding).encode()
        names = content[: content.index(b"\n")].decode().strip().split(",")
        options = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        read = pyarrow.csv.read_csv(pa.BufferReader(content), convert_options=options)
        Path(home).mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(read, Path(home) / "one.parquet", compression="zstd", compression_level=1)
    return {"rows": len(read)}


def floor_workbook(watch: Stopwatch, home: str, file: str) -> dict[str, Any]:
    """The first sheet as lists."""
    from python_calamine import CalamineWorkbook

    with watch.part("work"):
        rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    return {"rows": len(rows) - 1}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "generate": generate,
    "line": line,
    "floor-csv": floor_csv,
    "floor-workbook": floor_workbook,
}


def main() -> int:
    """Measure, print, keep the numbers. Exit code 1 if both sides do not see the same rows."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description="Big tables to the lake, beside the bare libraries.")
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="rows of a CSV (default 1000000)")
    parser.add_argument("--workbook-rows", type=int, default=100_000, metavar="N", help="rows of the xlsx (default 100000)")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="of each measurement (default 3)")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    comparisons: list[Comparison] = []
    with tempfile.TemporaryDirectory(prefix="community-metrics-bench-") as name:
        folder = Path(name)
        run_step("generate", MODULE, folder=name, rows=options.rows, workbook_rows=options.workbook_rows)
        for source in SOURCES:
            for encoding in ENCODINGS:
                file = folder / f"{source}-1-{encoding}.csv"
                what = f"{source}, {options.rows:,} rows, {encoding}, {file.stat().st_size / 1e6:.0f} MB"
                comparisons.append(_compare(what, options.repetitions, folder, source, file, "floor-csv", encoding=encoding))
        what = f"events, {options.workbook_rows:,} rows, xlsx"
        comparisons.append(_compare(what, options.repetitions, folder, "events", folder / "events.xlsx", "floor-workbook"))
        three = _line(folder, "events", folder / "events-3-utf-8.csv")
        comparisons.append(Comparison(f"events, {3 * options.rows:,} rows, utf-8", _cost([three])))
    machine = {"cpus": os.cpu_count(), "load_before": load, "load_after": os.getloadavg()[0]}
    print(f"{machine['cpus']} CPUs, load {machine['load_before']:.1f} before and {machine['load_after']:.1f} after\n")
    print(table(HEADER, [cells(row) for row in comparisons]))
    RESULTS.parent.mkdir(exist_ok=True)
    kept = [{**asdict(row), "ratio": row.ratio, "cpu_ratio": row.cpu_ratio} for row in comparisons]
    RESULTS.write_text(json.dumps({"machine": machine, "options": vars(options), "comparisons": kept}, indent=2) + "\n", encoding="utf-8")
    return 0


def _compare(what: str, repetitions: int, folder: Path, source: str, file: Path, floor: str, **arguments: Any) -> Comparison:
    lines, floors = [], []
    for _ in range(repetitions):
        floors.append(run_step(floor, MODULE, home=str(folder / "floor"), file=str(file), **arguments))
        lines.append(_line(folder, source, file))
    if {step.facts["rows"] for step in (*lines, *floors)} != {lines[0].facts["rows"]}:
        raise RuntimeError(f"{what}: the two sides do not see the same rows")
    return Comparison(what, _cost(lines), _cost(floors))


def _line(folder: Path, source: str, file: Path) -> Measured:
    home = folder / "home"
    try:
        return run_step("line", MODULE, home=str(home), file=str(file), source=source)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _cost(steps: list[Measured]) -> Cost:
    """The least of each; the memory is that of the whole process, imports and landing included."""
    parts = [step.parts["work"] for step in steps]
    least = min(parts, key=lambda part: part.seconds)
    return replace(
        least,
        cpu_seconds=min(part.cpu_seconds or 0.0 for part in parts),
        peak_bytes=min(step.whole.peak_bytes or 0 for step in steps),
    )


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in STEPS:
        answer(STEPS[sys.argv[1]], sys.argv[2])
    else:
        sys.exit(main())
