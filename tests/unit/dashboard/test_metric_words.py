"""What tiles say comes from the metric registry, and every tile leads to the glossary, which has all of it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from community_metrics.dashboard.metric_words import complete_tile
from community_metrics.dashboard.pages import load_site
from community_metrics.dashboard.site import DASHBOARDS
from community_metrics.metrics.registry import project_registry

REGISTRY = project_registry()


def test_a_number_is_told_by_its_metric_alone() -> None:
    tile = complete_tile({"key": "k", "type": "kpi", "mart": "mart_activity_daily", "columns": ["dau"]}, REGISTRY, "here")
    assert tile["label"] == {"zh": "日活跃成员", "en": "Daily active members"}
    assert (tile["unit"], tile["format"], tile["aggregate"], tile["good"]) == (
        {"zh": "人", "en": "members"},
        "number",
        "mean_of_days",
        "up",
    )
    assert tile["definition"]["zh"] == "当天有活跃行为的去重成员数。按天取平均（去重人数不能跨天相加）。"
    assert tile["metrics"] == ["dau"]


def test_a_rate_is_its_numerators_over_its_denominators() -> None:
    tile = complete_tile(
        {"key": "k", "type": "kpi", "mart": "mart_conversion_daily", "columns": ["conversion_rate_active"]}, REGISTRY, "here"
    )
    assert tile["columns"] == [{"name": "paying_active_members", "of": "active_members"}]
    assert (tile["aggregate"], tile["format"], tile.get("unit")) == ("ratio", "percent", None)
    # A chart shows the rate of each day as the mart has it.
    line = complete_tile(
        {"key": "k", "type": "line", "mart": "mart_activity_daily", "columns": ["stickiness", "active_rate"]}, REGISTRY, "here"
    )
    assert [column["name"] for column in line["columns"]] == ["stickiness", "active_rate"]
    assert [column["label"]["zh"] for column in line["columns"]] == ["黏性", "在群活跃率"]


def test_a_table_folds_each_column_in_its_own_way() -> None:
    columns = ["dau", "mau_30", "messages", "stickiness"]
    tile = complete_tile({"key": "k", "type": "ranking", "mart": "mart_activity_daily", "columns": columns}, REGISTRY, "here")
    assert [column["aggregate"] for column in tile["columns"]] == ["mean_of_days", "last", "sum", "ratio"]
    assert [column["format"] for column in tile["columns"]] == ["number", "number", "number", "percent"]


def test_no_number_of_the_site_has_words_of_its_own_where_its_metric_has_them() -> None:
    for path in sorted((DASHBOARDS / "pages").glob("*.yml")):
        page = yaml.safe_load(path.read_text(encoding="utf-8"))
        for tile in (tile for section in page["sections"] for tile in section["tiles"]):
            if tile["type"] == "kpi" and "where" not in tile and len(complete_tile(tile, REGISTRY, "here")["metrics"]) == 1:
                assert not {"label", "definition", "unit", "format"} & set(tile), f"{path.name}: {tile['key']}"


def test_every_title_of_a_metric_leads_to_its_entry(site: Path, marts: dict[str, dict[str, str]]) -> None:
    glossary = (site / "glossary.html").read_text(encoding="utf-8")
    anchors = set(re.findall(r' id="(\w+)"', glossary))
    assert set(REGISTRY.metrics) | set(REGISTRY.dimensions) | set(REGISTRY.marts) <= anchors
    linked = set()
    for page in load_site(DASHBOARDS, marts).pages:
        html = (site / ("index.html" if page.name == "overview" else f"{page.name}.html")).read_text(encoding="utf-8")
        for tile in page.tiles:
            if tile.metrics:
                assert f'<h3 id="label-{tile.key}"><a href="glossary.html#{tile.metrics[0]}">' in html
        linked |= set(re.findall(r'href="glossary\.html#(\w+)"', html))
    assert linked <= anchors
    assert {"dau", "retention_rate", "aov", "left_members"} <= linked


def test_the_glossary_says_both_languages_formula_owner_and_version(site: Path) -> None:
    glossary = (site / "glossary.html").read_text(encoding="utf-8")
    entry = glossary[glossary.index('id="aov"') :].split("</article>")[0]
    for words in ("客单价", "Order value", "gross_amount / orders", "没有订单", "commerce-analytics", "mart_conversion_daily.aov", "v1 "):
        assert words in entry
