"""What a reader takes along: tables as CSV and charts as PNG, made in the page, and the page on paper."""

from __future__ import annotations

import base64
import csv
import io
import re
from pathlib import Path

import duckdb
import pytest
from selenium.webdriver.support.ui import WebDriverWait

from browser.conftest import Release
from browser.fixture_rows import HOSTILE_NAME
from browser.site_browser import SiteBrowser


@pytest.fixture
def downloads(browser: SiteBrowser, tmp_path: Path) -> Path:
    browser.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    return tmp_path


def saved(browser: SiteBrowser, downloads: Path, tile: str, kind: str) -> Path:
    """The file that the button of a tile makes; no request but that of the page's own bytes may go out for it."""
    browser.requests()
    browser.script("arguments[0].click()", browser.find(f'[data-tile="{tile}"] [data-save="{kind}"]'))
    WebDriverWait(browser.driver, 10).until(lambda _: list(downloads.glob(f"*.{kind}")))
    assert [url for url in browser.requests() if not url.startswith("blob:")] == []
    (file,) = downloads.glob(f"*.{kind}")
    return file


def rows_of(file: Path) -> list[list[str]]:
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf"), "Excel would read it in another encoding"
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("shows_table", [False, True])
def test_the_table_beside_a_chart_is_saved_with_exact_numbers(
    browser: SiteBrowser, made_up: Release, downloads: Path, shows_table: bool
) -> None:
    browser.open(made_up.address("activity.html#scope=community%3Aslack%3AT01%3AC-general&range=30"))
    if shows_table:
        browser.click('[data-tile="rates"] [data-toggle="table"]')
    file = saved(browser, downloads, "rates", "csv")
    assert file.name == "activity-rates-community-slack_T01_C-general-30d-2026-05-31.csv"
    rows = rows_of(file)
    with duckdb.connect(str(made_up.database), read_only=True) as connection:
        expected = connection.execute(
            "select business_date, stickiness, top10_message_share from marts.mart_activity_daily "
            "where scope_id = 'slack:T01:C-general' order by business_date desc limit 30"
        ).fetchall()
    assert rows[0] == ["日期", "黏性", "头部集中度"]
    assert [row[0][:10] for row in rows[1:]] == [str(day) for day, *_ in expected]
    for row, (_, *values) in zip(rows[1:], expected, strict=True):
        assert [float(text) if text else None for text in row[1:]] == [value and pytest.approx(value, abs=1e-6) for value in values]
    assert any("" in row for row in rows[1:]), "days that are not known are empty, neither 0 nor a dash"


def test_a_list_of_communities_is_saved_and_no_name_becomes_a_formula(browser: SiteBrowser, made_up: Release, downloads: Path) -> None:
    browser.open(made_up.address("growth.html"))
    browser.script("document.querySelector('[data-tile=\"communities\"] tbody button').textContent = '=1+1'")
    rows = rows_of(saved(browser, downloads, "communities", "csv"))
    assert rows[0] == ["社群", "新增", "重新加入", "离开", "期末成员"]
    assert len(rows) == 7 and rows[1][0].startswith("'=1+1 ")
    assert f"{HOSTILE_NAME} Slack" in [row[0] for row in rows]
    assert all(re.fullmatch(r"\d*", cell) for row in rows[1:] for cell in row[1:])


def test_cells_that_are_not_over_are_saved_empty(browser: SiteBrowser, made_up: Release, downloads: Path) -> None:
    browser.open(made_up.address("retention.html"))
    rows = rows_of(saved(browser, downloads, "triangle", "csv"))
    opened = len(browser.find_all('[data-tile="triangle"] [data-open]'))
    rates = [float(str(cell.get_attribute("data-rate"))) for cell in browser.find_all('[data-tile="triangle"] [data-rate]')]
    shown = [cell for row in rows[1:-1] for cell in row[2:]]
    assert sorted(float(cell) for cell in shown if cell) == sorted(rates)
    assert shown.count("") >= opened > 0


def test_every_chart_and_every_table_can_be_saved(browser: SiteBrowser, made_up: Release) -> None:
    for page in made_up.pages:
        browser.open(made_up.address(f"{page}#range=90"))
        for tile in browser.find_all("[data-tile]:not([data-empty])"):
            key = str(tile.get_attribute("data-tile"))
            kinds = {str(button.get_attribute("data-save")) for button in browser.find_all(f'[data-tile="{key}"] [data-save]')}
            if browser.find_all(f'[data-tile="{key}"] .chart'):
                assert kinds == {"csv", "png"}, key
                assert browser.script("return communityMetrics.csvOf(document.querySelector(`[data-tile='${arguments[0]}'] table`))", key)
                assert browser.script(
                    "return communityMetrics.pictureOf(document.querySelector(`[data-tile='${arguments[0]}']`)).width", key
                )


def test_a_chart_is_saved_as_a_picture_that_says_what_it_is(browser: SiteBrowser, made_up: Release, downloads: Path) -> None:
    browser.open(made_up.address("growth.html#range=30"))
    content = saved(browser, downloads, "flow", "png").read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = (int.from_bytes(content[start : start + 4], "big") for start in (16, 20))
    box = browser.find('[data-tile="flow"] .chart').size
    # Twice as many pixels as on the page, and a margin with title, filters and release.
    assert width > 2 * box["width"] and height > 2 * box["height"] + 100
    assert browser.script("return communityMetrics.chosenInWords()") == (
        "范围: 全部 · 日期: 近 30 天 · 对比: 前一周期 · 粒度: 日 · 2026-05-02 至 2026-05-31"
    )
    assert browser.errors() == []
    # While its table is shown there is no chart to take a picture of.
    browser.click('[data-tile="flow"] [data-toggle="table"]')
    assert not browser.find('[data-tile="flow"] [data-save="png"]').is_displayed()


def test_files_can_be_saved_inside_airflows_frame(browser: SiteBrowser, server: str, downloads: Path) -> None:
    browser.driver.get(server.replace("/community-metrics/", "/"))
    browser.driver.switch_to.frame(browser.find("iframe"))
    try:
        browser.wait()
        browser.script("arguments[0].click()", browser.find('[data-tile="platforms"] [data-save="csv"]'))
        WebDriverWait(browser.driver, 10).until(lambda _: list(downloads.glob("*.csv")))
    finally:
        browser.driver.switch_to.default_content()
    assert [error for error in browser.errors() if "can escape its sandboxing" not in error] == []


def printed(browser: SiteBrowser) -> bytes:
    answer = browser.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": False})
    return base64.b64decode(answer["data"])


# Pixels of the first chart as it goes to paper: of the first series in light and in dark colours.
LOOK_AT_PAPER = """
    addEventListener("beforeprint", () => {
      const papers = document.querySelectorAll(".paper");
      const { data } = papers[0].getContext("2d").getImageData(0, 0, papers[0].width, papers[0].height);
      const seen = { theme: document.documentElement.dataset.theme, papers: papers.length, light: 0, dark: 0 };
      for (let at = 0; at < data.length; at += 4) {
        const color = [data[at], data[at + 1], data[at + 2]].join();
        if (color === "20,96,107") seen.light += 1;
        if (color === "111,188,198") seen.dark += 1;
      }
      window.seen = seen;
    });
"""


def test_a_dark_page_is_printed_in_light_colours_with_what_was_chosen_and_is_dark_again(browser: SiteBrowser, made_up: Release) -> None:
    browser.remember(theme="dark")
    browser.open(made_up.address("activity.html#range=30"))
    browser.script(LOOK_AT_PAPER)
    pdf = printed(browser)
    assert pdf.startswith(b"%PDF") and len(re.findall(rb"/Type /Page\b", pdf)) >= 3
    seen = browser.script("return window.seen")
    assert seen["theme"] == "light"
    # Each chart stands there once, drawn in series 1 of the light colours, #14606b, and not in that of the dark ones, #6fbcc6.
    assert seen["papers"] == len(browser.find_all(".chart")) > 5
    assert seen["light"] > 1_000 and seen["dark"] == 0
    browser.wait()
    assert browser.script("return document.documentElement.dataset.theme") == "dark"
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert "近 30 天" in browser.find("#chosen").text
        assert not browser.find("#filters").is_displayed() and not browser.find(".tile-tools").is_displayed()
        limits = browser.script("return [...document.querySelectorAll('.scroll.tall')].map((node) => getComputedStyle(node).maxHeight)")
        assert set(limits) == {"none"}
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert browser.errors() == []


def test_charts_that_are_drawn_again_before_they_are_finished_raise_nothing(browser: SiteBrowser, made_up: Release) -> None:
    """A chart of many parts is painted over several frames; one that is thrown away meanwhile must not be painted on."""
    browser.open(made_up.address("activity.html"))
    browser.driver.execute_async_script(
        """
        const done = arguments[0];
        let left = 6;
        const next = () => {
          communityMetrics.preferences.choose("theme", left % 2 ? "dark" : "light");
          left -= 1;
          left ? requestAnimationFrame(next) : setTimeout(done, 500);
        };
        next();
        """
    )
    browser.wait()
    assert browser.errors() == []
