"""What stands before and after the DAG runs of the main job."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from community_metrics.airflow_runtime.main_job import RunResult, _conclude, drop_into_inbox, follow_runs
from community_metrics.errors import UsageError
from community_metrics.settings import Settings


def conclude(settings: Settings, state: str, before: str | None, after: str | None) -> tuple[int, str]:
    said: list[str] = []
    results = [RunResult("ingest_orders", "manual", "success"), RunResult("warehouse_release", "manual", state)]
    return _conclude(settings, results, before, after, 42.0, said.append), "\n".join(said)


def test_exports_keep_their_place_in_the_inbox(tmp_path: Path) -> None:
    source = tmp_path / "exports" / "orders" / "_" / "dt=2026-11-02"
    source.mkdir(parents=True)
    (source / "orders.csv").write_text("order_id\n")
    assert drop_into_inbox(tmp_path / "exports", tmp_path / "inbox") == 1
    assert (tmp_path / "inbox/orders/_/dt=2026-11-02/orders.csv").read_text() == "order_id\n"


def test_an_empty_folder_of_exports_is_an_error_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no exports"):
        drop_into_inbox(tmp_path, tmp_path / "inbox")


def test_a_new_release_ends_well_and_says_where_everything_is(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    code, text = conclude(settings, "success", None, "r1")
    assert code == 0
    assert "published release r1 in 42 s" in text
    assert f"dashboard   {tmp_path}/published/current/site/index.html" in text
    assert f"database    {tmp_path}/published/current/warehouse.duckdb" in text
    assert "Airflow UI  make serve" in text


def test_nothing_new_ends_well_and_says_so(tmp_path: Path) -> None:
    code, text = conclude(Settings(home=tmp_path), "success", "r1", "r1")
    assert code == 0
    assert "nothing new: release r1 is current" in text


def test_a_failed_run_ends_badly_and_names_the_release_that_stays(tmp_path: Path) -> None:
    code, text = conclude(Settings(home=tmp_path), "failed", "r1", "r1")
    assert code == 1
    assert "failed after 42 s: warehouse_release" in text
    assert "the published release stays r1" in text


def test_without_any_release_it_ends_badly_even_when_every_run_was_green(tmp_path: Path) -> None:
    code, text = conclude(Settings(home=tmp_path), "success", None, None)
    assert code == 1
    assert "nothing is published" in text


def test_nobody_is_kept_waiting_for_a_platform_that_is_not_ready(tmp_path: Path) -> None:
    triggered: list[tuple[str, Any]] = []

    def trigger(dag_id: str, configuration: Any = None) -> str:
        triggered.append((dag_id, configuration))
        return "run"

    client = SimpleNamespace(trigger=trigger, run_state=lambda dag_id, run_id: "success", task_states=lambda dag_id, run_id: [])
    airflow: Any = SimpleNamespace(client=client, pause=lambda seconds: None)
    assert [result.succeeded for result in follow_runs(airflow, ["ingest_wecom_stats"], lambda text: None)] == [True]
    assert triggered == [("ingest_wecom_stats", {"wait": False})]
