"""A declared dashboard that is wrong is refused with file, chart and what to do; so is one that would add up what does not add up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from community_metrics.errors import SettingsError
from community_metrics.metrics.registry import project_registry
from community_metrics.serving.superset.datasets import Dataset, project_datasets
from community_metrics.serving.superset.declared import Dashboard, load_dashboards

TEXT = {"zh": "字", "en": "word"}


def chart(**changes: Any) -> dict[str, Any]:
    made = {"key": "new", "kind": "total", "mart": "mart_growth_daily", "scope": "all", "metrics": ["new_members"], **changes}
    return {key: value for key, value in made.items() if value is not None}


def dashboard(*charts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    filters = [{"column": "scope_id", "scope": "all", "mart": "mart_growth_daily"}]
    made = {"title": TEXT, "description": TEXT, "filters": filters, "sections": [{"charts": list(charts or [chart()])}], **changes}
    return {key: value for key, value in made.items() if value is not None}


Load = Callable[[dict[str, Any]], Dashboard]


@pytest.fixture(scope="module")
def datasets() -> dict[str, Dataset]:
    return project_datasets(project_registry())


@pytest.fixture
def load(tmp_path: Path, datasets: dict[str, Dataset]) -> Load:
    def load(content: dict[str, Any]) -> Dashboard:
        folder = tmp_path / "superset"
        folder.mkdir(exist_ok=True)
        (folder / "page.yml").write_text(yaml.safe_dump(content, allow_unicode=True))
        return load_dashboards(project_registry(), datasets, folder)[0]

    return load


def test_the_project_s_own_dashboards_are_right(datasets: dict[str, Dataset]) -> None:
    assert [made.name for made in load_dashboards(project_registry(), datasets)] == [
        "activity",
        "content",
        "conversion",
        "growth",
        "retention",
        "trust",
    ]


def test_a_chart_of_one_metric_has_its_words(load: Load) -> None:
    made = load(dashboard()).charts[0]
    assert (made.title.zh, made.title.en) == ("新增成员", "New members")
    assert made.where == {"scope_type": ("all",)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (dashboard(chart(mart="mart_growth")), r"unknown mart 'mart_growth' .*superset/page.yml: new"),
        (dashboard(chart(mart="dim_member", metrics=["native_ids"])), r"unknown mart 'dim_member'"),
        (dashboard(chart(metrics=["new_member"])), r"unknown metric of mart_growth_daily 'new_member' \(did you mean 'new_members'\?\)"),
        (dashboard(chart(metrics=["scope_id"])), r"unknown metric of mart_growth_daily 'scope_id'"),
        (dashboard(chart(metrics=["new_members", "joins"])), r"a chart of kind total shows one metric"),
        (dashboard(chart(scope=None)), r"mart_growth_daily holds the same members at several scopes .* write `scope:`"),
        (dashboard(chart(scope="everything")), r"unknown scope 'everything'"),
        (dashboard(chart(mart="mart_content_daily", metrics=["reads"])), r"mart_content_daily has no scopes"),
        (dashboard(chart(kind="pie")), r"unknown kind 'pie'"),
        (dashboard(chart(by=["scope_id"])), r"unknown key 'by'"),
        (dashboard(chart(where={"platfrom": "wecom"})), r"unknown column of mart_growth_daily 'platfrom' .*page.yml: new: where"),
        (dashboard(chart(title={"zh": "字"})), r"`title` must be said in both languages"),
        (dashboard(chart(key=None)), r"a chart needs a `key`"),
        (dashboard(chart(), chart()), r"two charts are called 'new'"),
        (dashboard(chart(kind="bar", metrics=["joins", "leaves"])), r"`title` is missing .* only a chart of one metric"),
        (dashboard(chart(kind="line", grain="quarter")), r"unknown grain 'quarter'"),
        (dashboard(chart(kind="bar", by=["scope_id"], metrics=["joins", "leaves"], title=TEXT, definition=TEXT)), r"make a chart of each"),
        (dashboard(chart(kind="rows", metrics=None)), r"rows are shown by `columns`"),
        (dashboard(chart(kind="cohorts", across="week")), r"unknown column 'week' .*across"),
        (
            dashboard(chart(kind="line", mart="mart_content_lifetime", scope=None, metrics=["reads_total"])),
            r"mart_content_lifetime has no dates",
        ),
        (dashboard(filters=[{"column": "platform", "mart": "mart_content_daily"}]), r"the filter concerns no chart .*filters 1"),
        (dashboard(filters=[]), r"`filters` must be a list that is not empty"),
        (dashboard(colour="red"), r"unknown key 'colour'"),
        (dashboard(sections="all"), r"`sections` must be a list"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(load: Load, content: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(content)


@pytest.mark.parametrize(
    ("changes", "over"),
    [
        ({"kind": "line", "scope": "platform"}, "scope_id"),
        ({"mart": "mart_conversion_daily", "metrics": ["net_amount"]}, "currency"),
        (
            {"mart": "mart_retention", "metrics": ["retention_rate"], "where": {"definition": "member", "period_grain": "week"}},
            "period_index",
        ),
        ({"mart": "mart_retention", "metrics": ["retention_rate"], "where": {"definition": "member", "period_index": 1}}, "period_grain"),
        ({"mart": "mart_segments", "metrics": ["members"], "where": {"segment_set": "activity", "period_grain": "week"}}, "segment"),
        ({"mart": "mart_activity_daily", "metrics": ["message_gini"]}, "business_date"),
        ({"kind": "line", "mart": "mart_activity_daily", "metrics": ["message_gini"], "grain": "week"}, "business_date"),
        ({"mart": "mart_account_daily", "scope": None, "metrics": ["followers"]}, "platform"),
    ],
)
def test_a_number_that_would_mix_what_does_not_add_up_is_refused(load: Load, changes: dict[str, Any], over: str) -> None:
    mart = changes.get("mart", "mart_growth_daily")
    column = "platform" if mart == "mart_account_daily" else "scope_id"
    scope = {} if mart == "mart_account_daily" else {"scope": changes.get("scope", "all")}
    with pytest.raises(SettingsError, match=f"does not add up over '{over}' - superset/page.yml: new - name {over} under `by`"):
        load(dashboard(chart(**changes), filters=[{"column": column, "mart": mart, **scope}]))


def test_several_values_under_where_still_mix(load: Load) -> None:
    where = {"definition": ["member", "purchase"], "period_grain": "week", "period_index": 1}
    filters = [{"column": "scope_id", "scope": "all", "mart": "mart_retention"}]
    made = chart(mart="mart_retention", metrics=["retention_rate"], where=where)
    with pytest.raises(SettingsError, match="does not add up over 'definition'"):
        load(dashboard(made, filters=filters))
    named = {**made, "kind": "line", "by": ["definition"]}
    assert load(dashboard(named, filters=filters)).charts[0].by == ("definition",)


def test_no_dashboard_and_no_yaml_are_said(tmp_path: Path) -> None:
    registry = project_registry()
    with pytest.raises(SettingsError, match="there is no dashboard"):
        load_dashboards(registry, {}, tmp_path)
    (tmp_path / "broken.yml").write_text("title: [")
    with pytest.raises(SettingsError, match="not valid YAML"):
        load_dashboards(registry, {}, tmp_path)
