"""This project's own pipeline on the generated exports."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.measuring import Stopwatch
from community_metrics import pipeline
from community_metrics.settings import Settings, load_settings
from community_metrics.warehouse import build as warehouse_build
from community_metrics.warehouse.dbt import NodeResult, run_dbt
from community_metrics.warehouse.lineage import ancestries

# What `floor.sql` answers, too: these marts and all models that they are made of. The line answers more.
FLOOR_MARTS = ("mart_activity_daily", "mart_activity_hourly", "mart_growth_daily", "mart_lifecycle", "mart_retention")


def ingest_one_file(watch: Stopwatch, home: str, file: str) -> dict[str, Any]:
    """One CSV file of events from the inbox to the lake, source gate included."""
    settings = _settings(home)
    target = settings.inbox / "events" / "_" / Path(file).name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)
    return _ingest(watch, settings)


def history(watch: Stopwatch, home: str, exports: list[str]) -> dict[str, Any]:
    """A stretch of history into an empty home, step by step to a release. Facts: seconds of every model, and of those of `FLOOR_MARTS`."""
    return _to_release(watch, _settings(home), exports, full_refresh=True)


def update(watch: Stopwatch, home: str, exports: list[str]) -> dict[str, Any]:
    """What has landed since, step by step to a release. Facts as of `history`."""
    return _to_release(watch, _settings(home), exports, full_refresh=False)


def _to_release(watch: Stopwatch, settings: Settings, exports: list[str], full_refresh: bool) -> dict[str, Any]:
    for folder in exports:
        _drop(settings, Path(folder))
    facts = _ingest(watch, settings)
    nodes = _build(watch, settings, full_refresh)
    with watch.part("audit"):
        verdict = pipeline.audit(settings)
    if verdict.status != "passed":
        raise RuntimeError(f"the audit refused the generated data: {[check.check for check in verdict.checks if check.status != 'passed']}")
    with watch.part("publish"):
        pipeline.publish(settings)
    return {**facts, **_by_kind(nodes)}


def _settings(home: str) -> Settings:
    return load_settings(home, environ={})


def _drop(settings: Settings, exports: Path) -> None:
    for file in sorted(path for path in exports.rglob("*") if path.is_file()):
        source, snapshot, name = file.relative_to(exports).parts
        target = settings.inbox / source / "_" / snapshot / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def _ingest(watch: Stopwatch, settings: Settings) -> dict[str, Any]:
    with watch.part("ingest"):
        report = pipeline.ingest(settings)
    if report.troubled:
        raise RuntimeError(f"generated files were not taken whole: {report.troubled}")
    return {"rows": sum(file.rows for file in report.files)}


def _build(watch: Stopwatch, settings: Settings, full_refresh: bool) -> list[NodeResult]:
    nodes: list[NodeResult] = []

    def remembering(*arguments: Any) -> list[NodeResult]:
        nodes.extend(run_dbt(*arguments))
        return nodes

    # The build's report says how long it took, not which model took how long; only a benchmark asks that.
    with mock.patch.object(warehouse_build, "run_dbt", remembering), watch.part("build"):
        report = pipeline.build(settings)
    if report.full_refresh != full_refresh:
        raise RuntimeError(f"the build was full because {report.reason}" if report.full_refresh else "the build was not full")
    return nodes


def _by_kind(nodes: list[NodeResult]) -> dict[str, Any]:
    models = {node.name: round(node.seconds, 4) for node in nodes if node.kind in ("model", "seed")}
    shared = frozenset.union(*(ancestries()[mart].models for mart in FLOOR_MARTS))
    return {
        "models": models,
        "models_of_floor": {name: seconds for name, seconds in models.items() if name in shared},
        "tests": {node.name: round(node.seconds, 4) for node in nodes if node.kind == "test"},
    }
