"""The page of validation results: every check with its rule, what the gate of the sources found, and how one comes there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from browser import fixture_release
from community_metrics.audit.results import CheckResult, append_results
from community_metrics.dashboard.site import Beside, build_site
from community_metrics.dashboard.validations import Validations
from community_metrics.releases.validation_page import read_validations
from community_metrics.settings import Settings


def pages(dashboards: Path, database: Path, folder: Path, validations: Validations) -> tuple[str, str]:
    build_site(Settings(home=folder), database, fixture_release.manifest(), folder / "site", dashboards, Beside(validations=validations))
    return tuple((folder / "site" / f"{name}.html").read_text(encoding="utf-8") for name in ("validations", "trust"))  # type: ignore[return-value]


def test_the_page_shows_rules_and_results_and_the_trust_page_leads_to_them(dashboards: Path, database: Path, tmp_path: Path) -> None:
    html, trust = pages(dashboards, database, tmp_path, fixture_release.validations())
    assert "订单在两天之内" in html and "Orders are two days old at most" in html
    assert '<tr id="freshness.orders_within_two_days"' in html
    assert "&lt;/script&gt;" in html and fixture_release.HOSTILE_NAME not in html
    assert "2026-05-31 09:10 UTC" in html
    assert 'href="validations.html#freshness.orders_within_two_days"' in trust
    # Another page leads to it; the menu has enough without.
    assert 'href="validations.html"' not in trust
    assert re.search(r'href="validations.html" data-keep-filters aria-current="page"', html)


def test_a_release_without_results_says_so(dashboards: Path, database: Path, tmp_path: Path) -> None:
    html, _ = pages(dashboards, database, tmp_path, Validations())
    assert "这次发布没有检查记录。" in html and "No new file has come to the gate of the sources" in html


def result(gate: Any, suite: str, check: str, status: Any) -> CheckResult:
    return CheckResult(gate, suite, check, "critical", status, "2 rows", "0 rows", None, ("member=张三",), "meaning", "意思")


def checks_of(*results: CheckResult) -> list[dict[str, Any]]:
    return [{name: value for name, value in found.to_dict().items() if name != "unexpected_examples"} for found in results]


def test_results_stand_beside_the_rules_of_the_project_and_of_the_home(home: Settings) -> None:
    own = home.home / "expectations" / "marts" / "dim_date.yml"
    own.parent.mkdir(parents=True)
    own.write_text(
        "meaning: Own\nmeaning_zh: 自己的\nchecks:\n- {name: no_leap_day, severity: info, meaning: M, meaning_zh: 意思,"
        " expectation: expect_column_values_to_not_be_null, kwargs: {column: business_date}}\n"
    )
    checks = checks_of(
        result("marts", "mart_retention", "eligible_are_within_the_cohort", "passed"),
        result("marts", "mart_retention", "returns_are_within_the_cohort", "failed"),
        result("marts", "home/dim_date", "no_leap_day", "passed"),
        result("marts", "retention_clock", "nothing_is_about_to_be_lost", "passed"),
    )
    told = read_validations(home, {"checks": checks, "previous_release_id": None})
    assert [(suite.name, suite.meaning["zh"], suite.noted) for suite in told.suites] == [
        ("mart_retention", "各批次的留存", 1),
        ("home/dim_date", "自己的（自有）", 0),
        ("retention_clock", "retention_clock", 0),
    ]
    failed, passed = told.suites[0].checks
    assert (failed.status, passed.status) == ("failed", "passed")
    # One rule stands in the suite, the other is an accounting identity of dbt.
    assert "eligible_members > cohort_members" in passed.rule and "select" in failed.rule
    assert told.suites[1].checks[0].rule == "expect_column_values_to_not_be_null(column='business_date')"
    assert told.suites[2].checks[0].rule == ""


def test_the_gate_of_the_sources_is_told_since_the_release_before(home: Settings) -> None:
    manifest = {"checks": [], "previous_release_id": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-aaaaaaaa"}
    assert read_validations(home, manifest).landings == []
    found = [
        result("sources", "every_landing", "a", "passed"),
        result("sources", "every_stream.orders__orders", "required_values_are_there", "failed"),
    ]
    append_results(home, "f1", found)
    with duckdb.connect(str(home.ops_path)) as connection:
        connection.execute("update ops.check_results set run_at = timestamp '2026-01-01 00:00:00'")
    append_results(home, "f2", found)
    (landing,) = read_validations(home, {**manifest, "previous_release_id": "20260102T000000Z-aaaaaaaa"}).landings
    assert (landing.checks, landing.passed, [check.suite for check in landing.noted]) == (2, 1, ["every_stream.orders__orders"])
    assert "select" in landing.noted[0].rule
    assert len(read_validations(home, {**manifest, "previous_release_id": None}).landings) == 2
    assert "张三" not in repr(landing)
