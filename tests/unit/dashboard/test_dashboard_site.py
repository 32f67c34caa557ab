"""The files of a site: what they hold, what they weigh, and that no name in the data can become HTML."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from browser import fixture_release
from community_metrics.dashboard.site import Beside, build_site
from community_metrics.errors import CommunityMetricsError, SettingsError
from community_metrics.settings import Settings
from support.site_files import rows_of, spec_of

PAGES = [
    "activity.html",
    "content.html",
    "conversion.html",
    "funnels.html",
    "glossary.html",
    "growth.html",
    "index.html",
    "operations.html",
    "restatements.html",
    "retention.html",
    "trust.html",
    "validations.html",
]
PAGE_ORDER = (
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
)
DAY_ZERO = "date '1970-01-01'"


def test_a_site_has_one_file_per_page_and_starts_at_index(site: Path) -> None:
    assert sorted(path.name for path in site.glob("*.html")) == PAGES
    assert 'aria-current="page"' in (site / "index.html").read_text(encoding="utf-8")


def test_the_same_release_gives_the_same_bytes(site: Path, database: Path, dashboards: Path, tmp_path: Path) -> None:
    build_site(Settings(home=tmp_path), database, fixture_release.manifest(), tmp_path / "again", dashboards)
    first = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    again = {path.relative_to(tmp_path / "again"): path.read_bytes() for path in (tmp_path / "again").rglob("*") if path.is_file()}
    assert first == again


def test_the_rows_of_a_scope_are_those_of_the_mart(site: Path, database: Path) -> None:
    community = "wecom:corp1:g-run"
    shown = [
        (row["business_date"], row["dau"], row["messages"], row["present_members"])
        for row in rows_of(site, "activity.html", "mart_activity_daily", "community", community)
    ]
    with duckdb.connect(str(database), read_only=True) as connection:
        expected = connection.execute(
            f"select business_date - {DAY_ZERO}, dau, messages, present_members from marts.mart_activity_daily "
            f"where scope_id = '{community}' order by business_date"
        ).fetchall()
    assert len(shown) == 84
    assert shown == expected


def test_what_is_not_known_stays_null(site: Path) -> None:
    rows = rows_of(site, "activity.html", "mart_activity_daily", "community", "slack:T01:C-general")
    assert [row["dau"] for row in rows].count(None) == 3
    listed = rows_of(site, "growth.html", "mart_growth_daily", "community", "slack:T01:C-general")
    assert [row["members_at_end"] for row in listed][:21] == [*[None] * 20, listed[20]["members_at_end"]]
    assert listed[20]["members_at_end"] > 0


def test_a_cohort_file_carries_only_the_declared_periods(site: Path) -> None:
    rows = rows_of(site, "retention.html", "mart_retention", "all", "all", definition="member", period_grain="day")
    assert sorted({row["period_index"] for row in rows}) == [0, 1, 2, 3, 4, 5, 6, 7, 14, 21, 30]
    assert {row["is_mature"] for row in rows} == {0, 1}


def test_hours_of_the_week_add_up_to_the_events_of_the_window(site: Path, database: Path) -> None:
    rows = rows_of(site, "activity.html", "mart_activity_hourly.week_hours", "platform", "slack")
    week = [row for row in rows if row["range_days"] == 7]
    with duckdb.connect(str(database), read_only=True) as connection:
        expected = connection.execute(
            "select sum(events) from marts.mart_activity_hourly where scope_id = 'slack' and business_date > date '2026-05-24'"
        ).fetchone()
    assert expected == (sum(row["events"] for row in week),)
    assert {row["days"] for row in week} == {1}
    assert {row["days"] for row in rows if row["range_days"] == 30} == {4, 5}


def test_price_bands_and_categories_are_files_of_their_own(site: Path, database: Path) -> None:
    name = "mart_conversion_breakdown_daily"
    rows = rows_of(site, "conversion.html", name, "platform", "wecom", dimension="price_band")
    with duckdb.connect(str(database), read_only=True) as connection:
        expected = connection.execute(
            f"select business_date - {DAY_ZERO}, currency, dimension_value, orders from marts.{name} "
            "where scope_id = 'wecom' and dimension = 'price_band' order by all"
        ).fetchall()
    assert sorted((row["business_date"], row["currency"], row["dimension_value"], row["orders"]) for row in rows) == expected != []


def test_no_name_can_become_html(site: Path) -> None:
    for path in [*site.glob("*.html"), *site.glob("data/**/*.js")]:
        assert "<img src=x" not in path.read_text(encoding="utf-8"), path.name
    assert "\\u003c/script>\\u003cimg src=x" in (site / "data" / "communities.js").read_text(encoding="utf-8")


def test_the_page_of_the_models_stands_in_the_site_under_a_policy(dashboards: Path, database: Path, tmp_path: Path) -> None:
    docs = tmp_path / "docs.html"
    docs.write_text("<html><head><title>dbt</title></head><body></body></html>")
    manifest, beside = fixture_release.manifest(), Beside(project_docs=docs)
    build_site(Settings(home=tmp_path), database, manifest, tmp_path / "site", dashboards, beside)
    page = (tmp_path / "site" / "models" / "index.html").read_text(encoding="utf-8")
    assert page.startswith('<html><head><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ')
    assert '<a class="glossary-docs" href="models/index.html">' in (tmp_path / "site" / "glossary.html").read_text(encoding="utf-8")


def test_without_a_page_of_the_models_nothing_leads_there(site: Path) -> None:
    assert not (site / "models").exists()
    assert "models/index.html" not in (site / "glossary.html").read_text(encoding="utf-8")


def test_pages_have_no_inline_script_no_inline_style_and_no_foreign_address(site: Path) -> None:
    for path in site.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "Content-Security-Policy" in text
        assert re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text) == []
        assert re.findall(r"<[^>]+\s(?:style|on\w+)=", text) == []
        assert re.findall(r'(?:href|src)="(?:https?:|//|/)', text) == []


def test_days_without_complete_sources_are_told_to_the_charts_that_they_feed(site: Path) -> None:
    gaps = spec_of(site / "index.html")["gaps"]
    first = 20_521  # 2026-03-09, the fixture's first day
    assert gaps["mart_activity_daily"] == [[first + 60, first + 62], [first + 70, first + 70]]
    assert gaps["mart_conversion_daily"] == [[first + 82, first + 83]]
    assert gaps["mart_growth_daily"] == []


def test_a_page_about_data_that_nobody_has_is_left_out(dashboards: Path, database: Path, tmp_path: Path) -> None:
    shutil.copyfile(database, tmp_path / "fewer.duckdb")
    with duckdb.connect(str(tmp_path / "fewer.duckdb")) as connection:
        for mart in ("mart_content_daily", "mart_content_lifetime", "mart_account_daily", "mart_conversion_daily"):
            connection.execute(f"delete from marts.{mart}")
    report = build_site(Settings(home=tmp_path), tmp_path / "fewer.duckdb", fixture_release.manifest(), tmp_path / "site", dashboards)
    assert report.pages == tuple(name for name in PAGE_ORDER if name != "content")
    assert "content.html" not in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")


def test_a_release_without_any_row_still_has_a_site(dashboards: Path, tmp_path: Path) -> None:
    database = tmp_path / "empty.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute((Path(fixture_release.__file__).parent / "marts.sql").read_text())
    report = build_site(Settings(home=tmp_path), database, {"release_id": "r1"}, tmp_path / "site", dashboards)
    assert report.index.exists()
    assert report.pages == tuple(name for name in PAGE_ORDER if name not in ("content", "funnels"))


def test_a_folder_with_content_is_not_written_over(dashboards: Path, database: Path, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("published")
    with pytest.raises(CommunityMetricsError, match="is not empty"):
        build_site(Settings(home=tmp_path), database, {}, tmp_path / "site", dashboards)
    assert (tmp_path / "site" / "index.html").read_text() == "published"


def test_missing_echarts_says_what_to_do(dashboards: Path, database: Path, tmp_path: Path) -> None:
    (dashboards / "assets" / "vendor" / "echarts.min.js").unlink()
    with pytest.raises(SettingsError, match="make setup"):
        build_site(Settings(home=tmp_path), database, {}, tmp_path / "site", dashboards)


def test_site_texts_that_scripts_ask_for_exist(dashboards: Path) -> None:
    texts = yaml.safe_load((dashboards / "site.yml").read_text(encoding="utf-8"))["texts"]
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in (dashboards / "assets" / "js").glob("*.js"))
    asked = set(re.findall(r'cm\.words\("(\w+)"', scripts))
    assert asked
    assert asked - set(texts) == set()
