"""The record of runs: what each step did and how it ended, also after a kill, and that no step suffers for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import duckdb
import pytest

from community_metrics.errors import CommunityMetricsError, RefusedError
from community_metrics.observability import runs
from community_metrics.observability.runs import add_model, enter, recorded, triggered_by
from community_metrics.settings import PROJECT_ROOT, Settings


def rows(settings: Settings, columns: str, table: str = "pipeline_runs") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.ops_path), read_only=True) as connection:
        return connection.execute(f"select {columns} from ops.{table} order by started_at").fetchall()


def child(settings: Settings, work: str) -> subprocess.Popen[bytes]:
    """Another process that records a step and does `work` in it."""
    program = (
        "import sys, time, duckdb\nfrom pathlib import Path\nfrom community_metrics.settings import Settings\n"
        "from community_metrics.observability.runs import recorded\n"
        f"settings = Settings(home=Path({str(settings.home)!r}))\n"
        f"with recorded(settings, 'build') as step:\n    step.files = 3\n    {work}\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT / "plugins")}
    return subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE)


def test_a_run_has_a_row_for_itself_and_each_of_its_steps(home: Settings) -> None:
    with triggered_by("community-metrics run"), recorded(home, "run") as whole:
        with recorded(home, "ingest") as step:
            step.files, step.rows_in, step.rows_accepted, step.rows_quarantined = 2, 10, 9, 1
        with recorded(home, "publish") as step:
            step.release_id = "r1"
        whole.release_id = "r1"
    assert rows(home, "step, status, triggered_by, files, rows_in, rows_accepted, rows_quarantined, release_id") == [
        ("run", "succeeded", "community-metrics run", None, None, None, None, "r1"),
        ("ingest", "succeeded", "community-metrics run", 2, 10, 9, 1, None),
        ("publish", "succeeded", "community-metrics run", None, None, None, None, "r1"),
    ]
    assert len(set(rows(home, "run_id"))) == 1
    assert all(finished >= started and seconds >= 0 for started, finished, seconds in rows(home, "started_at, finished_at, seconds"))
    # A Python that has imported DuckDB takes some tens of megabytes, and no test a hundred gigabytes.
    assert all(10_000_000 < peak < 100_000_000_000 for (peak,) in rows(home, "peak_memory_bytes"))


def test_the_tasks_of_one_dag_run_are_one_run(home: Settings) -> None:
    for task in ("build", "audit"):
        with triggered_by("warehouse_release manual__1", "dag-1234"), recorded(home, task):
            pass
    assert rows(home, "run_id, triggered_by, step") == [
        ("dag-1234", "warehouse_release manual__1", "build"),
        ("dag-1234", "warehouse_release manual__1", "audit"),
    ]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (CommunityMetricsError("what", "where", "what to do"), "failed", "what - where - what to do"),
        (RefusedError("not audited"), "refused", "not audited"),
        (ValueError("13800138000 is no number"), "failed", "ValueError"),
        (KeyboardInterrupt(), "interrupted", "KeyboardInterrupt"),
        (CommunityMetricsError("asked https://x/?access_token=abcdef&a=1"), "failed", "asked https://x/?access_token=***&a=1"),
    ],
)
def test_a_step_that_failed_says_how(home: Settings, error: BaseException, status: str, said: str) -> None:
    with pytest.raises(type(error)), recorded(home, "build"):
        raise error
    assert rows(home, "status, error") == [(status, said)]


def test_a_killed_step_is_seen_running_and_then_as_interrupted(home: Settings) -> None:
    process = child(home, "print('ready', flush=True); time.sleep(60)")
    assert process.stdout and process.stdout.readline() == b"ready\n"
    enter(home)
    assert rows(home, "step, status") == [("build", "running")]
    process.send_signal(signal.SIGKILL)
    process.wait()
    with recorded(home, "ingest"):
        pass
    assert rows(home, "step, status, finished_at is null, files") == [
        ("build", "interrupted", True, None),
        ("ingest", "succeeded", False, None),
    ]
    assert list((home.warehouse / ".runs").iterdir()) == []


def test_a_step_of_another_process_goes_on_beside_this_one(home: Settings) -> None:
    process = child(home, "print('ready', flush=True); time.sleep(1)")
    assert process.stdout and process.stdout.readline() == b"ready\n"
    with recorded(home, "ingest"):
        pass
    assert process.wait() == 0
    assert rows(home, "step, status, files") == [("build", "succeeded", 3), ("ingest", "succeeded", None)]


def test_a_database_that_somebody_keeps_open_delays_the_entry_and_nothing_else(home: Settings) -> None:
    with recorded(home, "ingest"):
        pass
    keeper = child(home, f"c = duckdb.connect({str(home.ops_path)!r}); print('ready', flush=True); time.sleep(60)")
    assert keeper.stdout and keeper.stdout.readline() == b"ready\n"
    with recorded(home, "audit") as step:
        step.checks = 5
    assert keeper.poll() is None, "the step waited until the database was free"
    keeper.kill()
    keeper.wait()
    enter(home)
    assert rows(home, "step, status, checks") == [("ingest", "succeeded", None), ("build", "interrupted", None), ("audit", "succeeded", 5)]


def test_a_home_that_takes_no_record_does_not_stop_a_step(home: Settings) -> None:
    home.home.mkdir()
    home.warehouse.write_text("no folder")
    done = []
    with recorded(home, "verify"):
        done.append(True)
    assert done == [True]


def test_an_unfinished_line_of_a_journal_is_no_entry(home: Settings) -> None:
    with recorded(home, "ingest"):
        pass
    folder = home.warehouse / ".runs"
    begun = '{"run_id": "r", "triggered_by": "t", "step": "build", "started_at": "2026-11-22T01:00:00"}'
    (folder / "1-1.jsonl").write_text(begun + '\n{"run_id": ')
    enter(home)
    assert ("build", "interrupted") in rows(home, "step, status")
    assert list(folder.iterdir()) == []


def test_models_are_kept_with_their_run(home: Settings) -> None:
    add_model("nobody's", "OK", 1.0)
    with recorded(home, "build"):
        add_model("mart_retention", "OK", 0.5819)
        add_model("dim_date", "error", 0.25)
    assert sorted(rows(home, "model, status, seconds", "model_runs")) == [("dim_date", "error", 0.25), ("mart_retention", "OK", 0.582)]


def test_old_rows_and_looks_that_found_nothing_go(home: Settings) -> None:
    with recorded(home, "ingest"):
        pass
    with duckdb.connect(str(home.ops_path)) as connection:
        for days, status in ((401, "succeeded"), (399, "succeeded"), (8, "nothing_new"), (6, "nothing_new")):
            connection.execute(
                "insert into ops.pipeline_runs (run_id, step, status, started_at)"
                f" values ('old', '{days}', '{status}', now()::timestamp - interval {days} days)"
            )
    with recorded(home, "ingest"):
        pass
    assert [step for (step,) in rows(home, "step")] == ["399", "6", "ingest", "ingest"]


@pytest.mark.parametrize("models", [1, 200])
def test_many_models_are_entered_with_as_few_writes_as_one(home: Settings, monkeypatch: pytest.MonkeyPatch, models: int) -> None:
    with recorded(home, "warm"):
        pass
    written: list[tuple[str, int]] = []
    monkeypatch.setattr(runs, "_replace", lambda _connection, table, _columns, entries, _key: written.append((table, len(entries))))
    with recorded(home, "build"):
        for number in range(models):
            add_model(f"model_{number}", "OK", 0.1)
    assert written[-2:] == [("pipeline_runs", 1), ("model_runs", models)]
    assert len(written) <= 4


def test_a_journal_goes_when_its_run_is_entered(home: Settings) -> None:
    with recorded(home, "ingest"):
        (journal,) = (home.warehouse / ".runs").iterdir()
        assert journal.suffix == ".jsonl"
    assert not journal.exists()


def test_a_step_that_nobody_will_end_was_interrupted(home: Settings) -> None:
    """As in a home that was copied while it worked."""
    with recorded(home, "build"):
        with duckdb.connect(str(home.ops_path)) as connection:
            connection.execute(
                "insert into ops.pipeline_runs (run_id, step, status, started_at) values ('a', 'build', 'running', '2026-11-22')"
            )
        enter(home)
        assert rows(home, "step, status")[-1] == ("build", "running")
        assert len(rows(home, "status")) == 2
    assert [status for (status,) in rows(home, "status") if status != "succeeded"] == ["interrupted"]
