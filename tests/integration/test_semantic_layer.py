"""MetricFlow on a release says what the marts say, and adds up nothing that does not add up."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from community_metrics.settings import PROJECT_ROOT
from support.marts_fixture import FIRST, SECOND, THIRD, build_candidate

PROJECT = PROJECT_ROOT / "dbt_project"
Query = Callable[..., dict[Any, Any]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    build_candidate(home / "releases" / "r1" / "warehouse.duckdb")
    (home / "releases" / "r1" / "warehouse.duckdb").chmod(0o444)
    (home / "published").mkdir()
    (home / "published" / "current").symlink_to("../releases/r1")
    return home


@pytest.fixture(scope="module")
def query(home: Path) -> Iterator[Query]:
    """What a query answers: its groups, each with the value of the metric. One process for all questions, as it takes seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMUNITY_METRICS_HOME", str(home))
        # MetricFlow looks in the project's own folder and nowhere else.
        patch.delenv("DBT_TARGET_PATH", raising=False)
        patch.setenv("DBT_LOG_PATH", str(home / "logs"))
        patch.delenv("COMMUNITY_METRICS_DBT_DATABASE", raising=False)
        from dbt.cli.main import dbtRunner
        from dbt_metricflow.cli.cli_configuration import CLIConfiguration
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

        # Clean: not even a warning.
        parsed = dbtRunner().invoke(
            ["parse", "--warn-error", "--quiet", "--no-partial-parse", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        )
        assert parsed.success, parsed.exception
        configuration = CLIConfiguration()
        configuration.setup(dbt_profiles_path=PROJECT, dbt_project_path=PROJECT, configure_file_logging=False)

        def ask(metric: str, *group_by: str, where: str | None = None) -> dict[Any, Any]:
            request = MetricFlowQueryRequest.create(
                metric_names=[metric], group_by_names=list(group_by), where_constraints=[where] if where else None
            )
            rows = configuration.mf.query(request).result_df.rows
            return {tuple(map(plain, row[:-1])): plain(row[-1]) for row in rows}

        yield ask


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value if isinstance(value, str | int | None) else round(float(value), 6)


def test_a_day_is_the_row_of_everything(query: Query) -> None:
    assert query("dau", "metric_time__day") == {(FIRST,): 2, (SECOND,): 1, (THIRD,): 2}
    assert query("stickiness", "metric_time__day") == {(FIRST,): 1, (SECOND,): 0.5, (THIRD,): 0.666667}


def test_one_scope_is_its_own_row_and_several_scopes_are_never_added(query: Query) -> None:
    assert query("dau", "scope", where=f"{{{{ TimeDimension('metric_time', 'day') }}}} = '{FIRST}'") == {
        ("all",): 2,
        ("wechat",): 1,
        ("qq",): 1,
    }
    assert query("dau", "activity_daily__scope_type") == {("all",): 1.666667, ("platform",): None}


def test_dates_become_one_as_the_registry_says(query: Query) -> None:
    month = ("2026-10-01",)
    # Mean of the days 2, 1, 2; the last day's 3; the sum of 3, 1, 1; sums of 5 over 7; gauges are read row by row.
    assert query("dau", "metric_time__month") == {month: 1.666667}
    assert query("mau_30", "metric_time__month") == {month: 3}
    assert query("messages", "metric_time__month") == {month: 5}
    assert query("stickiness", "metric_time__month") == {month: 0.714286}
    assert query("message_gini", "metric_time__month") == {month: None}
    assert query("message_gini", "metric_time__day") == {(FIRST,): 0.166667, (SECOND,): 0, (THIRD,): 0}
    assert query("new_members", "metric_time__month", "scope") == {(*month, "all"): 3, (*month, "wechat"): 2, (*month, "qq"): 2}


def test_cohorts_are_pooled_only_within_one_definition_and_period(query: Query) -> None:
    group_by = ("retention__definition", "retention__period_grain", "retention__period_index")
    assert query("retention_rate", *group_by) == {
        ("activity", "day", 0): 1,
        ("activity", "day", 1): 0.5,
        ("activity", "day", 2): 0.5,
        ("activity", "week", 0): 1,
        ("activity", "week", 1): None,
    }
    assert query("retention_rate") == {(): None}
    assert query("repurchase_rate", "repurchase__cohort_grain", "repurchase__horizon_days") == {
        ("day", 1): 0,
        ("day", 2): 1,
        ("day", 7): None,
    }


def test_amounts_and_hours_and_accounts(query: Query) -> None:
    assert query("net_amount", "conversion_daily__currency") == {("CNY",): 55}
    assert query("aov", "conversion_daily__currency") == {("CNY",): 15}
    assert query("events", "activity_hourly__local_hour") == {(9,): 5, (10,): 1, (20,): 1}
    assert query("followers", "account_daily__platform", "account_daily__account_id") == {("wechat", "a1"): 103}
    assert query("content_impressions", "content__title") == {("A note",): 30}
    assert query("quick_ratio", "lifecycle__period_grain", "metric_time__day")[(THIRD, "day")] == 2


def test_the_command_line_answers_and_writes_nothing_into_the_release(home: Path, tmp_path: Path) -> None:
    script, out = PROJECT_ROOT / "scripts" / "mf.py", tmp_path / "out.csv"
    asked = ["query", "--metrics", "dau,messages", "--group-by", "metric_time__day", "--order", "metric_time__day", "--csv", str(out)]
    environment = {
        **os.environ,
        "COMMUNITY_METRICS_HOME": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    ran = subprocess.run([sys.executable, str(script), *asked], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with out.open() as file:
        rows = [(day[:10], float(dau), int(messages)) for day, dau, messages in list(csv.reader(file))[1:]]
    assert rows == [(FIRST, 2, 3), (SECOND, 1, 1), (THIRD, 2, 1)]
    assert [path.name for path in (home / "releases" / "r1").iterdir()] == ["warehouse.duckdb"]


def test_without_a_release_the_command_line_says_what_to_do(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(PROJECT_ROOT / "scripts" / "mf.py"), "list", "metrics"],
        env={**os.environ, "COMMUNITY_METRICS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "nothing is published" in ran.stderr
