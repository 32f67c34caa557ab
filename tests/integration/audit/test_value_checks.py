"""The checks that come from the metric registry bite: each column, broken in each way that its definition forbids, is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from community_metrics.audit.bounds import NAMES, contract_columns, marts_suites, value_checks
from community_metrics.audit.gates import check_candidate
from community_metrics.audit.suites import Check, load_suites, suites_fingerprint
from community_metrics.metrics.registry import project_registry
from community_metrics.settings import Settings
from support.marts_fixture import build_candidate

REGISTRY = project_registry()
CHECKS = [
    pytest.param(mart, check, id=f"{mart}.{check.name}")
    for mart, columns in contract_columns().items()
    for check in value_checks(REGISTRY, mart, columns)
]


def breaks(mart: str, check: Check) -> list[tuple[str, str]]:
    """Columns, each with a value that its definition forbids."""
    found = []
    for column in contract_columns()[mart]:
        entry = REGISTRY.entry(mart, column)
        assert entry is not None
        if check.name == "nothing_is_missing":
            found += [(column, "null")] if entry.null_when is None and column not in REGISTRY.marts[mart].grain else []
        elif check.name == "categories_are_known":
            found += [(column, "'somebody'")] if getattr(entry, "values", ()) else []
        elif check.name.startswith("shares"):
            found += [(column, value) for value in ("-0.1", "1.1")] if (entry.bounds.minimum, entry.bounds.maximum) == (0, 1) else []
        elif check.name == "numbers_are_within_bounds":
            if entry.kind == "number" and entry.bounds.minimum is not None:
                found.append((column, str(entry.bounds.minimum - 1)))
            if entry.kind == "number" and entry.bounds.maximum is not None:
                found.append((column, str(entry.bounds.maximum + 1)))
        else:
            kinds = ("amount",) if check.name.startswith("amounts") else ("count", "ratio", "duration")
            found += [(column, "-1")] if entry.kind in kinds and entry.bounds.minimum == 0 else []
    return found


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("right") / "warehouse.duckdb"
    build_candidate(path)
    return path


def test_every_mart_has_value_checks() -> None:
    assert {check.values[0] for check in CHECKS} == set(REGISTRY.marts)


@pytest.mark.parametrize(("mart", "check"), CHECKS)
def test_each_column_is_looked_at(right: Path, mart: str, check: Check) -> None:
    sql = (check.unexpected_rows or "").replace("{batch}", "batch")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{right}' as candidate (read_only)")
        connection.execute(f"create table batch as select * from candidate.marts.{mart}")
        assert connection.execute(sql).fetchall() == []
        ways = breaks(mart, check)
        assert ways
        for column, value in ways:
            connection.execute("begin")
            connection.execute(f"update batch set {column} = {value} where rowid = 0")
            assert len(connection.execute(sql).fetchall()) == 1, column
            connection.execute("rollback")


def test_the_gate_fails_each_of_them(right: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.warehouse.mkdir()
    shutil.copyfile(right, settings.warehouse_path)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        for mart, check in (parameters.values for parameters in CHECKS):
            column, value = breaks(mart, check)[0]
            connection.execute(f"insert into marts.{mart} select * replace ({value} as {column}) from marts.{mart} limit 1")
    results = check_candidate(settings, marts_suites(settings))
    statuses = {f"{result.suite}.{result.check}": result.status for result in results}
    assert {statuses[parameters.id] for parameters in CHECKS} == {"failed"}


def test_no_suite_says_what_the_registry_says(tmp_path: Path) -> None:
    for suite in load_suites(Settings(home=tmp_path), "marts"):
        for check in suite.checks:
            assert check.name not in NAMES, f"{suite.name}.{check.name}"
            assert check.expectation in (None, "expect_table_row_count_to_be_between"), f"{suite.name}.{check.name}: say it in metrics/"


def test_a_changed_bound_judges_a_refused_candidate_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path)
    before = suites_fingerprint(settings)
    assert suites_fingerprint(settings) == before
    monkeypatch.setattr("community_metrics.audit.bounds.contract_columns", lambda: {"mart_lifecycle": ["active"]})
    assert suites_fingerprint(settings) != before
