"""The page of operations: runs put together from their steps, what is measured, and a page that says it in both languages."""

from __future__ import annotations

import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from browser import fixture_release
from community_metrics.audit.results import CheckResult, append_results
from community_metrics.dashboard.operations import Operations, read_operations, read_runs, said_bytes, told_runs
from community_metrics.dashboard.site import Beside, build_site
from community_metrics.observability.runs import add_model, recorded, triggered_by
from community_metrics.settings import Settings


def row(run_id: str, step: str, minute: int, status: str = "succeeded", seconds: float | None = 1.0, **counts: Any) -> tuple[Any, ...]:
    names = ("files", "rows_accepted", "rows_quarantined", "checks_failed", "release_id", "peak_memory_bytes")
    return (run_id, "by hand", step, datetime(2026, 11, 22, 1, minute), status, seconds, *(counts.get(name) for name in names))


def test_steps_of_one_run_are_one_line() -> None:
    (run,) = told_runs(
        [
            row("r", "run", 0, seconds=60.0, release_id="r1"),
            row("r", "ingest", 1, seconds=10.0, files=4, rows_accepted=90, rows_quarantined=2),
            row("r", "build", 2, seconds=40.0, files=7, peak_memory_bytes=579_469_312),
            row("r", "audit", 3, seconds=4.0, checks_failed=1),
        ]
    )
    assert (run.status, run.started_at, run.total, run.release_id) == ("succeeded", "2026-11-22 01:00 UTC", 60.0, "r1")
    assert (run.files, run.accepted, run.quarantined, run.checks_failed, run.memory) == (4, 90, 2, 1, "579 MB")


def test_a_step_that_was_tried_again_counts_as_it_ended() -> None:
    (run,) = told_runs([row("d", "build", 0, "failed", 3.0), row("d", "build", 5, seconds=30.0), row("d", "audit", 6)])
    assert (run.status, run.seconds["build"], run.total) == ("succeeded", 30.0, 31.0)


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (("succeeded", "interrupted"), "interrupted"),
        (("succeeded", "refused"), "refused"),
        (("succeeded", "running"), "running"),
        (("nothing_new", "nothing_new"), "nothing_new"),
        (("failed", "succeeded"), "failed"),
    ],
)
def test_a_run_is_told_by_what_matters_most(statuses: tuple[str, str], told: str) -> None:
    (run,) = told_runs([row("r", f"step{number}", number, status) for number, status in enumerate(statuses)])
    assert run.status == told


def test_a_run_whose_end_nobody_knows_has_no_duration() -> None:
    (run,) = told_runs([row("r", "build", 0, seconds=40.0), row("r", "publish", 1, "interrupted", None)])
    assert run.total is None


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1_400, "1.4 kB"), (31_204_000, "31.2 MB"), (812_000_000, "812 MB"), (3 * 10**12, "3.0 TB")],
)
def test_sizes_have_three_figures(count: int, said: str) -> None:
    assert said_bytes(count) == said


def check(severity: Any, status: Any, name: str) -> CheckResult:
    return CheckResult("marts", "suite", name, severity, status, None, None, None, (), "", "")


def test_what_is_told_is_read_from_the_home(home: Settings) -> None:
    (home.landing / "store").mkdir(parents=True)
    (home.landing / "store" / "a").write_bytes(os.urandom(200_000))
    with recorded(home, "ingest") as step:
        step.status = "nothing_new"
    checks = [check("critical", "failed", "a"), check("info", "broken", "b"), check("warning", "failed", "c"), check("info", "failed", "d")]
    append_results(home, "f", checks)
    read_operations(home)
    (home.landing / "store" / "b").hardlink_to(home.landing / "store" / "a")
    (home.landing / "store" / "c").write_bytes(os.urandom(100_000))
    with triggered_by("community-metrics run"), recorded(home, "run"):
        with recorded(home, "build"):
            add_model("mart_retention", "OK", 2.0)
            add_model("dim_date", "OK", 0.5)
        told = read_operations(home)
    assert [(run.triggered_by, run.status, sorted(run.seconds)) for run in told.runs] == [
        ("community-metrics run", "running", ["build", "run"])
    ]
    assert told.idle == 1
    assert [(model.name, model.seconds, model.fill) for model in told.models] == [("mart_retention", 2.0, 20), ("dim_date", 0.5, 5)]
    assert [(audit.critical, audit.warned, audit.checks) for audit in told.audits] == [(2, 1, 4)]
    landing = told.parts[0]
    # Twice the same bytes are on disk once; sizes on disk are in blocks.
    assert (landing.part, landing.files) == ("landing", "3")
    assert re.fullmatch(r"30\d kB", landing.size) and re.fullmatch(r"\+10\d kB", str(landing.change))


def test_damaged_tables_begin_anew_and_the_release_goes_on(home: Settings) -> None:
    home.warehouse.mkdir(parents=True)
    home.ops_path.write_bytes(b"no database")
    told = read_operations(home)
    assert (list(told.runs), list(told.models), list(told.audits)) == ([], [], [])
    assert len(list(home.warehouse.glob("ops.duckdb.damaged-*"))) == 1


def test_runs_are_listed_as_they_are_now(home: Settings) -> None:
    assert read_runs(home) == []
    assert not home.home.exists()
    with recorded(home, "backup"):
        assert [(run.status, run.total, run.other_steps) for run in read_runs(home)] == [("running", None, ["backup"])]
    assert [run.status for run in read_runs(home)] == ["succeeded"]


def page(dashboards: Path, database: Path, folder: Path, operations: Operations) -> str:
    beside = Beside(operations=operations)
    build_site(Settings(home=folder), database, fixture_release.manifest(), folder / "site", dashboards, beside)
    return (folder / "site" / "operations.html").read_text(encoding="utf-8")


def test_the_page_shows_runs_models_and_sizes(dashboards: Path, database: Path, tmp_path: Path) -> None:
    html = page(dashboards, database, tmp_path, fixture_release.operations())
    shown = re.findall(r'data-run="(\w+)"', html)
    assert (len(shown), shown.count("interrupted"), shown.count("refused"), shown.count("running")) == (12, 1, 1, 1)
    assert "1 min" in html and "interrupted" in html and "中断" in html
    assert "另有 161 次" in html and "161 looks" in html
    assert "mart_retention" in html and "1,204" in html
    assert fixture_release.HOSTILE_NAME not in html
    spec = json.loads(re.findall(r'id="page-spec">(.*?)</script>', html, re.DOTALL)[0])
    assert spec["operations"]["runs"][0] == {"at": "2026-05-21 01:30 UTC", "seconds": [12.0, 48.5, 3.7, 5.25]}
    assert spec["operations"]["audits"][-1] == {"at": "2026-05-30 01:31 UTC", "critical": 0, "warned": 0}


def test_a_home_without_a_record_says_so(dashboards: Path, database: Path, tmp_path: Path) -> None:
    html = page(dashboards, database, tmp_path, Operations())
    assert "还没有运行的记录。" in html and "No build is recorded yet." in html


def test_measuring_and_reading_cost_little(home: Settings) -> None:
    with recorded(home, "run"):
        pass
    with duckdb.connect(str(home.ops_path)) as connection:
        connection.execute(
            "insert into ops.pipeline_runs (run_id, triggered_by, step, status, started_at) select 'r' || i, 't', 'build',"
            " 'succeeded', timestamp '2026-11-01' + to_minutes(i::integer) from range(5000) t(i)"
        )
    assert len(read_operations(home).runs) == 100
