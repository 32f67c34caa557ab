"""Suite files are read strictly: an error names the file and the check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from community_metrics.audit.suites import load_suites, read_suite, suites_fingerprint
from community_metrics.errors import SettingsError
from community_metrics.settings import PROJECT_ROOT, Settings

RIGHT = """
meaning: Who joined
meaning_zh: 进群
fed_by: [memberships]
checks:
  - name: joins_are_counted
    severity: critical
    meaning: Joins are counted
    meaning_zh: 进群计数
    column: joins
    unexpected_rows: select business_date from {batch} where joins < 0
  - name: hours
    severity: warning
    meaning: Hours of the day
    meaning_zh: 小时
    expectation: expect_column_values_to_be_between
    kwargs: {column: hour, min_value: 0, max_value: 23}
"""


def write(folder: Path, content: str, name: str = "mart_x.yml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_a_suite_is_about_the_table_of_its_name(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path, RIGHT), "marts", "mart_x")
    assert (suite.table, suite.fed_by, suite.meaning_zh) == ("mart_x", ("memberships",), "进群")
    by_sql, by_expectation = suite.checks
    assert (by_sql.name, by_sql.severity, by_sql.column, by_sql.expectation) == ("joins_are_counted", "critical", "joins", None)
    assert (by_expectation.unexpected_rows, by_expectation.column, by_expectation.kwargs["max_value"]) == (None, "hour", 23)


def test_a_suite_may_name_another_table(tmp_path: Path) -> None:
    assert read_suite(write(tmp_path, "table: mart_y" + RIGHT), "marts", "mart_x").table == "mart_y"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("severity: critical", "severity: fatal", r"mart_x\.yml: joins_are_counted"),
        ("severity: critical", "level: critical", r"unknown key level - .*joins_are_counted"),
        ("meaning_zh: 进群计数", "meaning_zh: ''", r"`meaning_zh` is missing - .*joins_are_counted"),
        ("{batch}", "mart_x", r"must be SQL that reads \{batch\} - .*joins_are_counted"),
        ("expectation: expect", "expectation: count", r"is no expectation - .*: hours"),
        ("kwargs: {column: hour, min_value: 0, max_value: 23}", "kwargs: 3", r"`kwargs` must be a mapping - .*: hours"),
        ("    unexpected_rows: select", "    other: select", r"unknown key other"),
        ("    unexpected_rows: select business_date from {batch} where joins < 0\n", "", r"either `unexpected_rows` or `expectation`"),
        ("name: hours", "name: joins_are_counted", r"two checks are called joins_are_counted"),
        ("name: hours", "name: Hours!", r"mart_x\.yml: Hours!"),
        ("checks:", "rules:", r"unknown key rules"),
        ("fed_by: [memberships]", "fed_by: memberships", r"`fed_by` must be a list"),
        ("fed_by: [memberships]\n", "", r""),
        ("meaning: Who joined", "meaning: {", r"not valid YAML"),
    ],
)
def test_a_wrong_suite_names_file_and_check(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in RIGHT
    content = RIGHT.replace(old, new, 1)
    if not message:
        content = content.replace("joins < 0", "joins in {fed_by}")
        message = r"reads \{fed_by\} - .*joins_are_counted - say `fed_by`"
    with pytest.raises(SettingsError, match=message):
        read_suite(write(tmp_path, content), "marts", "mart_x")


@pytest.mark.parametrize("content", ["", "- a list", "meaning: x\nmeaning_zh: x\nchecks: []"])
def test_a_file_without_checks_is_wrong(tmp_path: Path, content: str) -> None:
    with pytest.raises(SettingsError, match=r"mart_x\.yml"):
        read_suite(write(tmp_path, content), "marts", "mart_x")


def test_checks_of_the_sources_gate_must_name_the_landing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"must select `_landing`.*joins_are_counted"):
        read_suite(write(tmp_path, RIGHT), "sources", "events__events")


def test_the_projects_suites_are_read_before_those_of_the_home(tmp_path: Path) -> None:
    write(tmp_path / "expectations" / "marts", RIGHT, "mart_growth_daily.yml")
    names = [suite.name for suite in load_suites(Settings(home=tmp_path), "marts")]
    assert names.index("mart_growth_daily") < names.index("home/mart_growth_daily")


def test_every_mart_with_numbers_has_a_suite(tmp_path: Path) -> None:
    tables = {suite.table for suite in load_suites(Settings(home=tmp_path), "marts")}
    assert tables >= {
        "mart_growth_daily",
        "mart_activity_daily",
        "mart_activity_hourly",
        "mart_lifecycle",
        "mart_retention",
        "mart_conversion_daily",
        "mart_repurchase",
        "mart_content_daily",
        "mart_account_daily",
        "mart_data_status",
    }


@pytest.mark.parametrize(
    ("suite_name", "domain"),
    [("mart_growth_daily", "membership"), ("mart_activity_daily", "activity"), ("mart_conversion_daily", "commerce")],
)
def test_a_mart_must_reach_the_date_that_the_models_take_from_the_same_sources(tmp_path: Path, suite_name: str, domain: str) -> None:
    """A source that starts to feed a domain must be named in the suite too, or the gate would wait for the wrong date."""
    model = PROJECT_ROOT / "dbt_project" / "models" / "intermediate" / "status" / "int_status__sources.sql"
    fed_by = {source for source, of in re.findall(r"\('(\w+)', '(\w+)'[,)]", model.read_text(encoding="utf-8")) if of == domain}
    suite = next(suite for suite in load_suites(Settings(home=tmp_path), "marts") if suite.name == suite_name)
    assert set(suite.fed_by) == fed_by


def test_the_fingerprint_changes_with_any_suite(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    before = suites_fingerprint(settings)
    assert suites_fingerprint(settings) == before
    path = write(tmp_path / "expectations" / "sources", RIGHT)
    added = suites_fingerprint(settings)
    path.write_text(RIGHT.replace("< 0", "< 1"), encoding="utf-8")
    assert len({before, added, suites_fingerprint(settings)}) == 3
