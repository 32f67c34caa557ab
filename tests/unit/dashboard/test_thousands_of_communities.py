"""3,000 communities: every one has its page, no page reads more than 2 MB for any of them, and the site is made in seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from community_metrics.dashboard.site import SiteReport, build_site
from community_metrics.settings import Settings
from support import many_communities
from support.site_files import communities_of, files_of, rows_of, spec_of
from unit.dashboard.conftest import copy_dashboards

LIMIT = 2_000_000
# The chart library is a stand-in here; this is what echarts 6.1.0 weighs.
CHARTS = 1_121_883


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, SiteReport]:
    folder = tmp_path_factory.mktemp("many")
    database = many_communities.write_database(folder / "warehouse.duckdb")
    manifest = {"release_id": "r1", "data_through": "2026-05-31"}
    report = build_site(Settings(home=folder / "home"), database, manifest, folder / "site", copy_dashboards(folder / "dashboards"))
    return folder / "site", database, report


def weight_of(site: Path, page: Path, scope_type: str) -> int:
    """At most what a page reads for one scope of the type, in bytes: itself, scripts, styles, charts, names and its data."""
    spec = spec_of(page)
    weight = page.stat().st_size + CHARTS + size_of(site, "communities")
    weight += sum(path.stat().st_size for path in (site / "assets").rglob("*") if path.suffix in (".js", ".css"))
    for name, entry in spec["catalogue"].items():
        tiles = [tile for tile in spec["tiles"].values() if tile["dataset"] == name]
        if not entry["scoped"]:
            weight += sum(size_of(site, file) for file in files_of(entry, name, None, None))
        for kind in {str(tile["by"]) for tile in tiles if tile.get("by") in ("platform", "community", "channel")}:
            weight += max(
                sum(size_of(site, file) for file in files_of(entry, name, kind, None, range_days=days)) for days in spec["ranges"]
            )
        if not name.endswith(".ranking"):
            weight += sum(heaviest(site, name, group) for group in entry["groups"] if is_read(group, scope_type))
    return weight


def is_read(group: dict[str, Any], scope_type: str) -> bool:
    return group["scope_type"] == scope_type and group["split"].get("definition", "member") == "member"


def heaviest(site: Path, dataset: str, group: dict[str, Any]) -> int:
    return max(size_of(site, f"{dataset}/{group['first'] + number:04d}") for number in range(len(group["to"])))


def size_of(site: Path, file: str) -> int:
    return (site / "data" / f"{file}.js").stat().st_size


def test_no_page_reads_more_than_two_megabytes_for_any_scope(many: tuple[Path, Path, SiteReport]) -> None:
    site, *_ = many
    weights = {(page.name, kind): weight_of(site, page, kind) for page in site.glob("*.html") for kind in ("all", "platform", "community")}
    assert {where: weight for where, weight in weights.items() if weight > LIMIT} == {}
    assert weights["activity.html", "community"] > CHARTS + 500_000, "the weight is no longer counted"


def test_pages_and_data_files_stay_small(many: tuple[Path, Path, SiteReport]) -> None:
    site, *_ = many
    assert {path.name: path.stat().st_size for path in site.glob("*.html") if path.stat().st_size > 500_000} == {}
    assert {path.name: path.stat().st_size for path in (site / "data").rglob("*.js") if path.stat().st_size > 250_000} == {}


def test_the_site_has_files_by_what_is_shown_and_not_by_community(many: tuple[Path, Path, SiteReport]) -> None:
    _, _, report = many
    assert report.files < 2_000


def test_every_community_has_its_numbers_the_most_active_ones_first(many: tuple[Path, Path, SiteReport]) -> None:
    site, database, _ = many
    communities = communities_of(site)
    assert len(communities) == many_communities.COMMUNITIES
    assert [int(key[-8:]) for key in communities] == list(range(3_000, 0, -1))
    with duckdb.connect(str(database), read_only=True) as connection:
        for key in (communities[0], communities[1_499], communities[-1]):
            expected = connection.execute(
                f"select dau, messages from marts.mart_activity_daily where scope_id = '{key}' order by business_date"
            ).fetchall()
            shown = rows_of(site, "activity.html", "mart_activity_daily", "community", key)
            assert [(row["dau"], row["messages"]) for row in shown] == expected
            assert len(rows_of(site, "retention.html", "mart_retention", "community", key, definition="member", period_grain="week")) == 60


def test_the_name_of_each_community_stands_in_one_file_and_in_no_page(many: tuple[Path, Path, SiteReport]) -> None:
    site, *_ = many
    text = (site / "data" / "communities.js").read_text(encoding="utf-8")
    columns = json.loads(text[text.index(",") + 1 : text.rindex(")")])
    assert columns["zh"][0] == "第 3000 群 · 读书会 90"
    assert {columns["platforms"][number] for number in columns["platform"]} == set(many_communities.PLATFORMS)
    assert [page.name for page in site.glob("*.html") if "读书会" in page.read_text(encoding="utf-8")] == []
