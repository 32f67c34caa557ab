"""A wrong page is refused before anything is written, by an error that names file, tile and column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from community_metrics.dashboard.pages import load_site
from community_metrics.dashboard.site import DASHBOARDS
from community_metrics.errors import SettingsError
from community_metrics.sources.registry import load_registry

Marts = dict[str, dict[str, str]]

TILE = {
    "key": "speakers",
    "type": "kpi",
    "mart": "mart_activity_daily",
    "columns": ["speakers"],
    "label": {"zh": "发言", "en": "Who speaks"},
}


def write_tile(dashboards: Path, **changes: Any) -> Path:
    """Replace the growth page by one tile; a value None takes the key out."""
    tile = {key: value for key, value in {**TILE, **changes}.items() if value is not None}
    text = {"zh": "页", "en": "Page"}
    path = dashboards / "pages" / "growth.yml"
    path.write_text(yaml.safe_dump({"title": text, "lead": text, "sections": [{"tiles": [tile]}]}, allow_unicode=True))
    return path


def test_the_projects_own_pages_fit_the_marts(marts: Marts) -> None:
    site = load_site(DASHBOARDS, marts)
    assert [page.name for page in site.pages] == [
        "overview",
        "growth",
        "activity",
        "retention",
        "funnels",
        "conversion",
        "content",
        "trust",
        "validations",
        "restatements",
        "operations",
        "glossary",
    ]
    assert all(page.tiles for page in site.pages)


def test_every_number_explains_itself(marts: Marts) -> None:
    silent = [
        f"{page.name}: {tile.key}"
        for page in load_site(DASHBOARDS, marts).pages
        for tile in page.tiles
        if tile.mart and not tile.definition
    ]
    assert silent == []


def test_an_unknown_column_is_named_with_file_tile_and_the_nearest_name(dashboards: Path, marts: Marts) -> None:
    path = write_tile(dashboards, columns=["speaker"])
    with pytest.raises(SettingsError) as error:
        load_site(dashboards, marts)
    assert error.value.what == "unknown column 'speaker' of mart_activity_daily (did you mean 'speakers'?)"
    assert error.value.where == f"{path}: section 1, tile 'speakers'"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"mart": "mart_activity"}, "unknown mart 'mart_activity'"),
        ({"type": "pie"}, "unknown type 'pie'"),
        ({"columns": ["speakers", "dau"]}, "a kpi tile needs an `aggregate`"),
        ({"aggregate": "average"}, "unknown aggregate 'average'"),
        ({"aggregate": "ratio"}, "a ratio needs its numerator and denominator"),
        ({"label": {"zh": "发言"}}, "`label` must be in both languages"),
        ({"label": {"zh": "发言人数", "en": "Speakers"}}, "`label` says what the metric registry says"),
        ({"good": "up"}, "`good` says what the metric registry says"),
        ({"unit": {"zh": "位", "en": "people"}}, "`unit` is the metric registry's to say"),
        ({"format": "percent"}, "`format` is the metric registry's to say"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"columns": [{"name": "speakers", "of": "mau"}]}, "unknown column 'mau'"),
        ({"type": "line", "by": "region"}, "`by: region` is neither a scope type"),
    ],
)
def test_what_is_wrong_in_a_tile_is_said(dashboards: Path, marts: Marts, changes: dict[str, Any], what: str) -> None:
    write_tile(dashboards, **changes)
    with pytest.raises(SettingsError, match=r"growth\.yml: section 1, tile 'speakers'") as error:
        load_site(dashboards, marts)
    assert error.value.what.startswith(what)


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": ["dau"], "aggregate": "sum"},
        {"type": "bar", "regroup": True, "columns": ["dau"]},
        {"type": "ranking", "by": "platform", "columns": [{"name": "dau", "aggregate": "sum"}]},
        {"mart": "mart_account_daily", "type": "line", "columns": ["followers"], "total_over": "account_id"},
    ],
)
def test_distinct_counts_and_states_are_never_added_up(dashboards: Path, marts: Marts, changes: dict[str, Any]) -> None:
    write_tile(dashboards, **changes)
    with pytest.raises(SettingsError, match="does not add up"):
        load_site(dashboards, marts)


def test_two_tiles_of_one_name_are_refused(dashboards: Path, marts: Marts) -> None:
    path = write_tile(dashboards)
    content = yaml.safe_load(path.read_text())
    content["sections"] *= 2
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(SettingsError, match="two tiles are called 'speakers'"):
        load_site(dashboards, marts)


def test_a_missing_page_and_broken_yaml_name_their_file(dashboards: Path, marts: Marts) -> None:
    path = dashboards / "pages" / "growth.yml"
    path.write_text("title: [")
    with pytest.raises(SettingsError, match=r"(?s)not valid YAML.*growth\.yml"):
        load_site(dashboards, marts)
    path.unlink()
    with pytest.raises(SettingsError, match=r"the file is missing - .*growth\.yml"):
        load_site(dashboards, marts)


def test_the_worked_example_of_the_readme_is_one_block_that_works(dashboards: Path, marts: Marts) -> None:
    block = (DASHBOARDS / "README.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    path = dashboards / "pages" / "activity.yml"
    lines = path.read_text(encoding="utf-8").splitlines()
    place = lines.index("  - tiles:") + 1
    path.write_text("\n".join([*lines[:place], *(f"      {line}" for line in block.splitlines()), *lines[place:]]), encoding="utf-8")
    activity = next(page for page in load_site(dashboards, marts).pages if page.name == "activity")
    assert activity.tiles[0].key == "daily_speakers"


def test_every_chart_knows_which_sources_feed_it(marts: Marts) -> None:
    """Else a day that is not complete would look like a bad day. The calendar of what has come has a name for every source."""
    site = load_site(DASHBOARDS, marts)
    drawn = {tile.mart for page in site.pages for tile in page.tiles if tile.kind.name in ("line", "bar", "heatmap") and tile.mart}
    drawn |= {
        tile.mart for page in site.pages for tile in page.tiles if tile.kind.name in ("cohort", "curve", "funnel", "ranking", "items")
    }
    assert {mart for mart in drawn if mart} <= set(site.feeds)
    assert {source for sources in site.feeds.values() for source in sources} <= set(load_registry())
    assert set(load_registry()) <= set(site.sources)
