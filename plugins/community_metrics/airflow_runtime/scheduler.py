"""Airflow's scheduler, with the libraries that tasks need loaded before it forks their workers.

LocalExecutor forks a worker for every slot when the scheduler starts, and a worker forks a process for every task: what is
imported here is imported once, not by each of some thirty tasks. Great Expectations alone takes 5 seconds of processor
time, dbt 3, out of the 9 that an ingest of a few small files took without this.
"""

from __future__ import annotations

import importlib
import sys

# Only libraries that start no thread when they are imported: a fork copies none.
HEAVY_LIBRARIES = (
    "duckdb",
    "pyarrow.compute",
    "pyarrow.parquet",
    "duckdb_sqlalchemy",
    "great_expectations",
    "dbt.cli.main",
    "dbt.adapters.duckdb",
)


def main(arguments: list[str]) -> None:
    """`airflow scheduler` with these arguments; ends the process."""
    for name in HEAVY_LIBRARIES:
        importlib.import_module(name)
    from airflow.__main__ import main as airflow

    sys.argv = ["airflow", "scheduler", *arguments]
    airflow()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main(sys.argv[1:])
