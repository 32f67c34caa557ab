"""The DAGs as Airflow reads them: which there are, how they hang together, and the rules that all of them keep."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.serialization.encoders import encode_timetable

from community_metrics.settings import PROJECT_ROOT
from community_metrics.sources.registry import load_registry

TOPOLOGY = Path(__file__).with_name("topology.json")
HEAVY = (
    "pyrate_limiter",
    "community_metrics.extractors.client",
    "duckdb",
    "dbt",
    "great_expectations",
    "pandas",
    "pyarrow",
    "community_metrics.pipeline",
)


@pytest.fixture(scope="module")
def dags() -> dict[str, DAG]:
    bag = DagBag(PROJECT_ROOT / "dags")
    assert not bag.import_errors
    return dict(bag.dags)


def test_there_is_one_dag_for_each_source_and_one_for_each_other_duty(dags: dict[str, DAG]) -> None:
    by_duty = {
        "alerts",
        "community_report",
        "ingest_drops",
        "release_override",
        "serve_release",
        "warehouse_maintenance",
        "warehouse_rebuild",
        "warehouse_release",
    }
    assert set(dags) == by_duty | {f"ingest_{name}" for name in load_registry()}
    assert {"ingest_events", "ingest_wecom_groups"} < set(dags)


def test_the_topology_is_the_committed_one(dags: dict[str, DAG]) -> None:
    """A change of the graph must show in review: `UPDATE_TOPOLOGY=1 pytest tests/unit/operators` writes the new one."""
    found = {dag_id: describe(dag) for dag_id, dag in sorted(dags.items())}
    if os.environ.get("UPDATE_TOPOLOGY"):
        TOPOLOGY.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(TOPOLOGY.read_text(encoding="utf-8"))


def describe(dag: DAG) -> dict[str, Any]:
    return {
        "schedule": plain_schedule(encode_timetable(dag.timetable)["__var"]),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "tags": sorted(dag.tags),
        "tasks": {
            task.task_id: {
                "operator": type(task).__name__,
                "pool": task.pool,
                "retries": task.retries,
                "retry_seconds": task.retry_delay.total_seconds(),
                "downstream": sorted(task.downstream_task_ids),
                "outlets": [outlet.uri for outlet in task.outlets],
            }
            for task in dag.topological_sort()
        },
    }


def plain_schedule(encoded: dict[str, Any]) -> dict[str, Any]:
    if not encoded:
        return {"by_hand": True}
    if "asset_condition" not in encoded:
        return {"cron": encoded["expression"], "timezone": encoded["timezone"]}
    condition = encoded["asset_condition"]
    assets = {condition["__type"]: [asset["uri"] for asset in condition["objects"]]}
    return {**assets, "or": plain_schedule(encoded["timetable"]["__var"])} if "timetable" in encoded else assets


def test_every_dag_says_what_it_is_for_who_owns_it_and_what_to_do_when_it_is_red(dags: dict[str, DAG]) -> None:
    for dag_id, dag in dags.items():
        for heading in ("**Purpose.**", "**Class.**", "**Owner.**", "**When it is red.**"):
            assert heading in (dag.doc_md or ""), f"{dag_id}: {heading}"
        assert dag.tags & {"now", "interval"}, dag_id
        assert dag.owner and dag.owner != "airflow", dag_id


def test_every_task_tries_again_and_none_runs_beside_itself(dags: dict[str, DAG]) -> None:
    for dag_id, dag in dags.items():
        assert dag.max_active_runs == 1, dag_id
        for task in dag.tasks:
            # An extraction counts its attempts by kind of failure, and says itself when it gives up.
            assert task.retries == 2 or (task.task_id == "extract" and task.retry_policy is not None), dag_id
            # A backfill does not keep to `max_active_runs`.
            assert task.task_id != "extract" or task.max_active_tis_per_dag == 1, dag_id


def test_a_source_with_an_api_runs_once_per_business_date_and_is_pulled_before_it_is_ingested(dags: dict[str, DAG]) -> None:
    dag = dags["ingest_wecom_groups"]
    assert [task.task_id for task in dag.topological_sort()] == ["extract", "ingest", "source_gate"]
    assert dag.get_task("extract").downstream_task_ids == {"ingest", "source_gate"}
    assert dag.get_task("ingest").trigger_rule == "all_done"
    assert "interval" in dag.tags
    assert "airflow backfill create --dag-id ingest_wecom_groups" in (dag.doc_md or "")


def test_all_that_writes_the_warehouse_shares_the_pool_of_one_slot(dags: dict[str, DAG]) -> None:
    assert {task.pool for task in dags["warehouse_release"].tasks} == {"warehouse_writer"}


def test_reading_the_dag_files_imports_nothing_heavy_and_writes_nothing(tmp_path: Path) -> None:
    read_all = (
        "import runpy, sys; from pathlib import Path\n"
        f"[runpy.run_path(str(path)) for path in sorted(Path({str(PROJECT_ROOT / 'dags')!r}).glob('*.py'))]\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    environment = os.environ | {"COMMUNITY_METRICS_HOME": str(tmp_path / "home"), "PYTHONPATH": str(PROJECT_ROOT / "plugins")}
    finished = subprocess.run([sys.executable, "-c", read_all], env=environment, capture_output=True, text=True, check=True)
    assert finished.stdout.splitlines()[-1] == "[]"
    assert not (tmp_path / "home").exists()


def test_no_dag_file_has_a_name_that_dbt_would_import_as_a_plugin_of_its_own() -> None:
    assert not list((PROJECT_ROOT / "dags").glob("dbt_*.py"))
