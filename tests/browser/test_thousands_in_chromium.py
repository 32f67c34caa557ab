"""3,000 communities in Chromium: what a page really reads, and the box that finds one of them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from browser.site_browser import SiteBrowser
from community_metrics.dashboard.site import build_site
from community_metrics.settings import Settings
from support import many_communities

MOST_ACTIVE = "wecom:corp:group-00003000"
ONE = "slack:corp:group-00001234"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    database = many_communities.write_database(folder / "warehouse.duckdb")
    build_site(Settings(home=folder / "home"), database, {"release_id": "r1", "data_through": "2026-05-31"}, folder / "site")
    return folder / "site"


def type_into_search(browser: SiteBrowser, *keys: str) -> None:
    browser.find("#community-query").send_keys(*keys)
    wanted = browser.find("#community-query").get_attribute("aria-controls")
    WebDriverWait(browser.driver, 10).until(lambda driver: not driver.execute_script(f"return document.getElementById('{wanted}').hidden"))


def found(browser: SiteBrowser) -> list[str]:
    return [str(option.get_attribute("data-scope")) for option in browser.find_all("#community-list [role=option]")]


@pytest.mark.parametrize("scope", ["all", "platform:slack", f"community:{ONE}"])
def test_no_page_reads_more_than_two_megabytes(browser: SiteBrowser, many: Path, scope: str) -> None:
    for page in sorted(many.glob("*.html")):
        browser.requests()
        browser.open(f"{page.as_uri()}#scope={scope}&range=0")
        read = {Path(unquote(urlsplit(url).path)) for url in browser.requests() if url.startswith("file:")}
        assert page in read and any(path.name == "echarts.min.js" for path in read)
        assert sum(path.stat().st_size for path in read) < 2_000_000, page.name
        assert browser.errors() == [], page.name


def test_words_in_any_order_find_a_community_and_the_keyboard_takes_it(browser: SiteBrowser, many: Path) -> None:
    browser.open(f"{many.as_uri()}/activity.html")
    assert browser.find("#community-query").get_attribute("aria-expanded") == "false"
    type_into_search(browser, "1234 第")
    assert found(browser) == [ONE]
    browser.find("#community-query").send_keys(Keys.ARROW_DOWN)
    marked = browser.find("#community-query").get_attribute("aria-activedescendant")
    assert browser.find(f"#{marked}").get_attribute("aria-selected") == "true"
    browser.find("#community-query").send_keys(Keys.ENTER)
    browser.wait()
    assert unquote(browser.driver.current_url).endswith(f"activity.html#scope=community:{ONE}")
    assert browser.find(".scope-path li:last-child").text == "第 1234 群 · 读书会 70"
    # (1234 * 7 + n) % 50 over the last 30 of 84 days.
    assert browser.kpi("dau") == pytest.approx(sum(10 + (1234 * 7 + n) % 50 for n in range(54, 84)) / 30)


def test_the_most_active_ones_are_offered_first_and_the_rest_is_counted(browser: SiteBrowser, many: Path) -> None:
    browser.open(f"{many.as_uri()}/growth.html")
    type_into_search(browser, "wecom")
    assert len(found(browser)) == 20 and found(browser)[0] == MOST_ACTIVE
    assert browser.find("#community-list .found").text == "前 20 个，共 1,000 个".replace(",", "")
    browser.find("#community-query").send_keys(" nobody")
    WebDriverWait(browser.driver, 5).until(lambda _: found(browser) == [])
    assert browser.find("#community-list .found").text == "没有这样的社群"
    browser.find("#community-query").send_keys(Keys.ESCAPE)
    assert browser.find("#community-query").get_attribute("aria-expanded") == "false"
    # Of a platform's communities those of the platform are listed.
    browser.open(f"{many.as_uri()}/growth.html#scope=platform:discord&range=7")
    listed = [str(row.get_attribute("data-scope")) for row in browser.find_all('[data-tile="communities"] tbody tr')]
    assert len(listed) == 50 and {scope.split(":")[0] for scope in listed} == {"discord"}
    assert "共 1000 个" in browser.text("communities")


def test_without_the_file_of_names_a_community_is_not_taken_for_everything(browser: SiteBrowser, many: Path) -> None:
    names = many / "data" / "communities.js"
    aside = names.rename(names.with_suffix(".aside"))
    try:
        browser.open(f"{many.as_uri()}/growth.html#scope=community:{ONE}")
        assert "数据文件没有读到" in browser.text("new_members")
        assert browser.find_all("[data-value]") == []
    finally:
        aside.rename(names)
