"""dbt in this process: one invocation builds and tests everything that a run needs.

A dbt process costs about three seconds before it does anything, so the project is never run model by model.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from community_metrics.errors import CommunityMetricsError, says_no_memory
from community_metrics.settings import PROJECT_ROOT, Settings
from community_metrics.warehouse.refresh import Node

PROJECT = PROJECT_ROOT / "dbt_project"
BAD_STATUSES = frozenset({"error", "fail", "partial success", "runtime error"})


@dataclass(frozen=True)
class NodeResult:
    """What became of one node: `status` as dbt names it, `seconds` of execution."""

    name: str
    kind: str
    status: str
    seconds: float
    message: str


class DbtError(CommunityMetricsError):
    """The build of the warehouse failed: names the models or tests and what the database said."""


class OutOfMemoryError(DbtError):
    """The database was not allowed enough memory for a model."""


def run_dbt(
    settings: Settings,
    seeds: Path,
    arguments: Sequence[str],
    on_result: Callable[[NodeResult], None] | None = None,
    makes_whole_tables: bool = False,
) -> list[NodeResult]:
    """Invoke dbt on the working warehouse. Raises `DbtError` if a node failed (`OutOfMemoryError` if for that) or dbt could not start.

    `makes_whole_tables`: of a whole history, so that the database may take `memory_limit`; else it takes `daily_memory_limit`, and holds
    no more of the stored tables than that.
    """
    outcome = _invoke(settings, seeds, arguments, on_result, makes_whole_tables)
    results = [_node_result(result) for result in getattr(outcome.result, "results", [])]
    bad = [result for result in results if result.status in BAD_STATUSES]
    if bad:
        details = "; ".join(f"{result.name} ({result.status}): {_one_line(result.message)}" for result in bad[:5])
        found = f"{len(bad)} of {len(results)} steps of the build failed: {details}"
        if any(says_no_memory(result.message) for result in bad):
            raise OutOfMemoryError(found, str(settings.warehouse_path), "give it more by COMMUNITY_METRICS_MEMORY_LIMIT, then run again")
        raise DbtError(found, str(settings.warehouse_path), "mend the model, then run again")
    _require_success(outcome)
    # What dbt does before the first of them is no step of a build.
    return [result for result in results if result.kind != "operation"]


def read_graph(settings: Settings, seeds: Path) -> list[Node]:
    """The seeds and models of the project, and what each is made of. Parsed, not run: the database stays closed."""
    outcome = _invoke(settings, seeds, ["parse", "--no-write-json"])
    _require_success(outcome)
    kinds = {identifier: str(node.resource_type) for identifier, node in outcome.result.nodes.items()}
    return [
        Node(
            name=node.name,
            kind=kinds[identifier],
            parents=tuple(outcome.result.nodes[parent].name for parent in node.depends_on_nodes if parent in kinds),
            strategy=node.config.incremental_strategy or "default" if node.config.materialized == "incremental" else None,
        )
        for identifier, node in outcome.result.nodes.items()
        if kinds[identifier] in ("seed", "model")
    ]


def _invoke(
    settings: Settings,
    seeds: Path,
    arguments: Sequence[str],
    on_result: Callable[[NodeResult], None] | None = None,
    makes_whole_tables: bool = False,
) -> Any:
    # Imported here: dbt takes seconds to import and asking for help must not.
    from dbt.cli.main import dbtRunner
    from dbt_common.events.base_types import EventMsg

    def listen(event: EventMsg) -> None:
        if on_result is not None and event.info.name in ("LogModelResult", "LogSeedResult", "LogTestResult"):
            data: Any = event.data
            on_result(NodeResult(data.node_info.node_name, data.node_info.resource_type, data.status, data.execution_time, ""))

    target = settings.warehouse / "dbt"
    common = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", target, "--log-path", target / "logs"]
    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
    with _environment(_variables(settings, seeds, makes_whole_tables)):
        try:
            return dbtRunner(callbacks=[listen]).invoke([*map(str, arguments), *map(str, common), *quiet])
        finally:
            close_connections()


def run_quietly(arguments: Sequence[str], variables: Mapping[str, str]) -> None:
    """Invoke dbt on the project as it stands, apart from any home. Raises `DbtError`."""
    from dbt.cli.main import dbtRunner

    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
    with _environment({**variables, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}):
        try:
            _require_success(dbtRunner().invoke([*arguments, *places, *quiet]))
        finally:
            close_connections()


def _require_success(outcome: Any) -> None:
    if outcome.exception is not None or not outcome.success:
        raise DbtError(f"dbt could not build: {_one_line(str(outcome.exception))}", str(PROJECT), "mend the project, then run again")


def close_connections() -> None:
    """Release the database file: dbt's adapter keeps it open in the process, and then nobody else may open it."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _variables(settings: Settings, seeds: Path, makes_whole_tables: bool = False) -> dict[str, str]:
    return {
        "COMMUNITY_METRICS_DBT_DATABASE": str(settings.warehouse_path),
        "COMMUNITY_METRICS_DBT_SEEDS": str(seeds),
        # A folder that is not there: MetricFlow's models cost dbt two seconds of every run, which needs none of them.
        "COMMUNITY_METRICS_DBT_SEMANTIC": "no_semantic_layer",
        "COMMUNITY_METRICS_DBT_THREADS": str(settings.threads),
        "COMMUNITY_METRICS_DBT_MEMORY_LIMIT": settings.memory_limit if makes_whole_tables else settings.daily_memory_limit,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _node_result(result: Any) -> NodeResult:
    return NodeResult(
        name=result.node.name,
        kind=str(result.node.resource_type),
        status=str(result.status),
        seconds=float(result.execution_time),
        message=result.message or "",
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:600]
