"""`python -m benchmarks.postgres --home HOME --uri URI`: the marts of a release into Postgres, beside a plain COPY of the same rows.

The database of the URI is filled by `postgres load` and by COPY in turn; give it an empty one that nobody reads. COPY writes each mart
as CSV and sends it into a table without anything around it: no transaction over all tables, no stage, no grants, no readers kept whole.
Steps run in processes of their own, see `measuring.run_step`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measured, Stopwatch, answer, run_step
from benchmarks.report import table

MODULE = "benchmarks.postgres"
RESULTS = Path(__file__).with_name("results") / "postgres.json"
URI_VARIABLE = "COMMUNITY_METRICS_POSTGRES_URI"
_PLAIN = "plain_copy"


def load(watch: Stopwatch, home: str) -> dict[str, Any]:
    """What `postgres load` does."""
    from community_metrics.serving.postgres import load_release, uri_from_environment
    from community_metrics.settings import load_settings

    with watch.part("load"):
        report = load_release(load_settings(Path(home)), uri_from_environment())
    return {"rows": report.rows, "marts": len(report.loaded)}


def copy(watch: Stopwatch, home: str) -> dict[str, Any]:
    """Each mart to a CSV file, and that into an empty table."""
    import duckdb
    import psycopg2

    from community_metrics.releases.contents import DATABASE_NAME
    from community_metrics.releases.marts import mart_names, mart_relation, quoted
    from community_metrics.serving.postgres import uri_from_environment
    from community_metrics.serving.postgres_tables import read_mart_table
    from community_metrics.settings import load_settings

    database = load_settings(Path(home)).current_release / DATABASE_NAME
    rows = 0
    with (
        tempfile.TemporaryDirectory(prefix="community-metrics-bench-") as folder,
        closing(duckdb.connect(str(database), read_only=True)) as release,
        closing(psycopg2.connect(uri_from_environment())) as postgres,
        postgres.cursor() as cursor,
    ):
        marts = mart_names(release)
        cursor.execute(f"drop schema if exists {_PLAIN} cascade; create schema {_PLAIN}")
        postgres.commit()
        with watch.part("copy"):
            for mart in marts:
                file = Path(folder) / f"{mart}.csv"
                release.execute(f"copy (select * from {mart_relation(mart)}) to '{file}' (format csv, header false)")
                cursor.execute(read_mart_table(release, mart).creation(_PLAIN))
                with file.open("rb") as handle:
                    cursor.copy_expert(f"copy {_PLAIN}.{quoted(mart)} from stdin (format csv)", handle)
                rows += cursor.rowcount
            postgres.commit()
        cursor.execute(f"drop schema {_PLAIN} cascade")
        postgres.commit()
    return {"rows": rows, "marts": len(marts)}


def empty(watch: Stopwatch, home: str) -> dict[str, Any]:
    """The database as it was before anything was loaded."""
    import psycopg2

    from community_metrics.serving.postgres import uri_from_environment

    with closing(psycopg2.connect(uri_from_environment())) as postgres, postgres.cursor() as cursor:
        cursor.execute("drop schema if exists marts cascade; drop schema if exists marts_stage cascade")
        postgres.commit()
    return {}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {"load": load, "copy": copy, "empty": empty}


def main() -> int:
    """Exit code 0, 1 if both sides did not bring the same rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.postgres", description=__doc__)
    parser.add_argument("--home", required=True, help="a home with a release")
    parser.add_argument("--uri", required=True, help="an empty database of a Postgres server")
    options = parser.parse_args()
    os.environ[URI_VARIABLE] = options.uri
    home = str(Path(options.home).resolve())
    run_step("empty", MODULE, home=home)
    measured = {
        "plain COPY": run_step("copy", MODULE, home=home),
        "postgres load, first": run_step("load", MODULE, home=home),
        "postgres load, nothing changed": run_step("load", MODULE, home=home),
    }
    run_step("empty", MODULE, home=home)
    print(_report(measured))
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {what: {"seconds": _seconds(one), "whole": one.whole.seconds, "facts": one.facts} for what, one in measured.items()}
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    plain, first = measured["plain COPY"].facts["rows"], measured["postgres load, first"].facts["rows"]
    if plain != first:
        print(f"error: COPY brought {plain} rows, the load {first}", file=sys.stderr)
    return int(plain != first)


def _seconds(one: Measured) -> float:
    return sum(cost.seconds for cost in one.parts.values())


def _report(measured: dict[str, Measured]) -> str:
    plain = _seconds(measured["plain COPY"])
    rows = [
        (what, str(one.facts["marts"]), str(one.facts["rows"]), f"{_seconds(one):.2f}", f"{_seconds(one) / plain:.2f}x")
        for what, one in measured.items()
    ]
    return table(("", "marts", "rows", "s", "of COPY"), rows)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in STEPS:
        answer(STEPS[sys.argv[1]], sys.argv[2])
    else:
        sys.exit(main())
