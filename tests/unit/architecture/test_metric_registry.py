"""The metric registry and the marts say the same: every column has one entry, every entry a column."""

from __future__ import annotations

import re

from community_metrics.metrics.dbt_docs import contracts, problems
from community_metrics.metrics.registry import project_registry


def test_every_column_of_every_mart_has_one_entry() -> None:
    found = problems(contracts(), project_registry())
    assert not found, "\n" + "\n".join(found)


def test_the_lint_names_what_is_missing_and_what_to_do() -> None:
    models = [
        {
            "name": "mart_growth_daily",
            "columns": [{"name": name} for name in ("business_date", "scope_type", "scope_id", "joins", "hugs")],
            "data_tests": [{"unique_combination": {"arguments": {"columns": ["business_date", "scope_id"]}}}],
        },
        {"name": "mart_hugs", "columns": [{"name": "hugs"}]},
    ]
    found = problems(models, project_registry())
    assert any(line.startswith("mart_growth_daily.hugs: no entry - add one to `metrics:`") for line in found)
    assert any(line.startswith("mart_growth_daily: its contract has the key ['business_date', 'scope_id']") for line in found)
    assert any(line.startswith("mart_hugs: no entry - add it to `marts:`") for line in found)
    assert any(line.startswith("mart_lifecycle: an entry without a mart") for line in found)
    assert "mart_growth_daily.leaves: no such column - mend `stands_in:` of metrics/growth.yml: leaves" in found
    assert "hour: stands in no mart - remove it from metrics/dimensions.yml" in found


def test_each_language_is_itself() -> None:
    registry = project_registry()
    for entry in (*registry.entries(), *registry.marts.values(), *registry.domains.values()):
        texts = [getattr(entry, name) for name in ("label", "short", "definition", "null_when") if getattr(entry, name, None)]
        for text in texts:
            assert not re.search(r"[\u4e00-\u9fff]", text.en), f"{entry.name}: {text.en}"
            assert re.search(r"[\u4e00-\u9fff]", text.zh) or text.zh == "LTV" or "`" in text.zh, f"{entry.name}: {text.zh}"
