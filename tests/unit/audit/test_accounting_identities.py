"""An accounting identity is written once, as dbt's test, and asked by the gate: none twice, none forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from community_metrics.audit.suites import IDENTITIES, load_suites, read_suite
from community_metrics.errors import SettingsError
from community_metrics.settings import PROJECT_ROOT, Settings


def test_every_identity_is_asked_by_exactly_one_check() -> None:
    suites = sorted((PROJECT_ROOT / "expectations" / "marts").glob("*.yml"))
    asked = [check["dbt_test"] for path in suites for check in yaml.safe_load(path.read_text())["checks"] if "dbt_test" in check]
    assert sorted(asked) == sorted(path.stem for path in IDENTITIES.glob("*.sql"))


@pytest.mark.parametrize("path", sorted(IDENTITIES.glob("*.sql")), ids=lambda path: path.stem)
def test_an_identity_is_plain_sql_about_the_mart_that_it_is_named_after(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- "), "its first line says what holds"
    assert re.findall(r"\{\{ ref\('(\w+)'\) \}\}", text)[0] == path.stem.split("__")[0]
    assert not re.search(r"\{[{%]", re.sub(r"\{\{ ref\('\w+'\) \}\}", "", text)), "the gate knows no macros"


def test_the_gate_asks_the_same_sql_of_its_own_tables(tmp_path: Path) -> None:
    (suite,) = [suite for suite in load_suites(Settings(home=tmp_path), "marts") if suite.name == "mart_ltv_cohorts"]
    (check,) = [check for check in suite.checks if check.name == "first_orders_add_up_to_conversion"]
    assert check.unexpected_rows is not None
    assert "from {batch}" in check.unexpected_rows
    assert "from mart_conversion_daily" in check.unexpected_rows


def test_an_identity_that_does_not_exist_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mart_x.yml"
    path.write_text("meaning: a\nmeaning_zh: b\nchecks: [{name: c, severity: critical, meaning: d, meaning_zh: e, dbt_test: nothing}]\n")
    with pytest.raises(SettingsError, match=r"there is no dbt test 'nothing' - .*mart_x\.yml: c"):
        read_suite(path, "marts", "mart_x")
