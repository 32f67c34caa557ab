"""The whole line through Airflow's own task machinery, in this process: exports of three kinds in, audited release out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.utils.db import initdb

from community_metrics.settings import PROJECT_ROOT, Settings

# Period facts, a state of members, lifetime snapshots: one source of each kind, the smallest there are.
SOURCES = ("refunds", "identity_links", "creator_content")

IMPOSSIBLE = """\
meaning: A check that no release can pass
meaning_zh: 任何发布都无法通过的检查
checks:
  - name: no_days
    severity: critical
    meaning: The calendar has no days
    meaning_zh: 日历没有日期
    unexpected_rows: "select business_date from {batch}"
"""


class Line:
    """The project's DAGs on one home; each run gives task id -> state."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._dags = DagBag(PROJECT_ROOT / "dags").dags

    def run(self, dag_id: str) -> dict[str, Any]:
        run = self._dags[dag_id].test()
        return {instance.task_id: str(instance.state) for instance in run.get_task_instances()}

    def drop(self, source: str) -> None:
        shutil.copytree(PROJECT_ROOT / "examples" / "exports" / source, self.settings.inbox / source, dirs_exist_ok=True)

    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self.settings.current_release / "manifest.json").read_text(encoding="utf-8"))
        return manifest


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    home: Path = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMUNITY_METRICS_HOME", str(home))
        patch.setenv("COMMUNITY_METRICS_ID_KEY", "a key that is the same in every test")
        initdb()
        yield Line(Settings(home=home))


def test_exports_become_a_published_release_and_a_second_run_finds_nothing_new(line: Line) -> None:
    for source in SOURCES:
        line.drop(source)
        assert line.run(f"ingest_{source}") == {"ingest": "success", "source_gate": "success"}
    assert line.run("warehouse_release") == {"check_new": "success", "build": "success", "audit": "success", "publish": "success"}

    manifest = line.manifest()
    assert {entry["source"] for entry in manifest["inputs"]} == set(SOURCES)
    with duckdb.connect(str(line.settings.current_release / "warehouse.duckdb"), read_only=True) as release:
        for mart in manifest["marts"]:
            assert release.execute(f"select count(*) from marts.{mart['name']}").fetchone() == (mart["rows"],)
        assert release.execute("select count(*) > 0 from marts.mart_content_daily").fetchone() == (True,)
    assert (line.settings.current_release / "site" / "index.html").is_file()

    assert line.run("ingest_refunds") == {"ingest": "skipped", "source_gate": "skipped"}
    assert line.run("warehouse_release") == {"check_new": "skipped", "build": "skipped", "audit": "skipped", "publish": "skipped"}
    assert line.manifest()["release_id"] == manifest["release_id"]


def test_a_file_that_cannot_be_used_makes_its_run_red_and_leaves_the_release_alone(line: Line) -> None:
    broken = line.settings.inbox / "orders" / "_" / "broken.csv"
    broken.parent.mkdir(parents=True)
    broken.write_text("order_id,platform\n1,shop\n")
    before = line.settings.current_release.readlink() if line.settings.current_release.is_symlink() else None
    assert line.run("ingest_orders") == {"ingest": "success", "source_gate": "failed"}
    assert (line.settings.current_release.readlink() if line.settings.current_release.is_symlink() else None) == before


def test_a_refusal_fails_the_audit_at_once_with_the_reason_in_its_log(line: Line, capfd: pytest.CaptureFixture[str]) -> None:
    published = line.manifest()["release_id"]
    own_checks = line.settings.home / "expectations" / "marts"
    own_checks.mkdir(parents=True)
    (own_checks / "dim_date.yml").write_text(IMPOSSIBLE, encoding="utf-8")
    assert line.run("warehouse_release") == {"check_new": "success", "build": "success", "audit": "failed", "publish": "upstream_failed"}
    assert "the published release stays" in (log := capfd.readouterr().out) and "The calendar has no days" in log
    assert line.manifest()["release_id"] == published
