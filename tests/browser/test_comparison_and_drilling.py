"""Comparison with the period before and the same weekdays, and the way from a number to its communities and back."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import quote

import duckdb
import pytest
from selenium.webdriver.common.by import By

from browser.conftest import Release
from browser.fixture_rows import LAST_DAY
from browser.site_browser import SiteBrowser


def new_members(release: Release, last: date, days: int) -> int:
    with duckdb.connect(str(release.database), read_only=True) as connection:
        row = connection.execute(
            f"select sum(new_members) from marts.mart_growth_daily where scope_id = 'all' "
            f"and business_date between date '{last - timedelta(days=days - 1)}' and date '{last}'"
        ).fetchone()
    assert row
    return int(row[0])


# days, comparison -> days back to the last day of what they are compared with: a whole number of weeks for weekdays.
BACK = {(1, "previous"): 1, (1, "weekday"): 7, (7, "previous"): 7, (7, "weekday"): 7, (30, "previous"): 30, (30, "weekday"): 35}
WORDS = {
    (1, "previous"): "较前一天",
    (1, "weekday"): "较上周同一天",
    (7, "previous"): "较前 7 天",
    (7, "weekday"): "较上周同星期",
    (30, "previous"): "较前 30 天",
    (30, "weekday"): "较5 周前同星期",
}


@pytest.mark.parametrize(("days", "compare"), BACK)
def test_a_change_is_held_against_what_was_chosen_and_says_so(browser: SiteBrowser, made_up: Release, days: int, compare: str) -> None:
    browser.open(made_up.address(f"growth.html#range={days}&compare={compare}"))
    now = new_members(made_up, LAST_DAY, days)
    then = new_members(made_up, LAST_DAY - timedelta(days=BACK[days, compare]), days)
    shown = browser.find('[data-tile="new_members"] [data-change]').get_attribute("data-change")
    assert float(shown or "nan") == pytest.approx(now / then - 1)
    assert WORDS[days, compare].replace(" ", "") in browser.text("new_members").replace(" ", "")


def test_the_same_weekdays_must_be_covered_too(browser: SiteBrowser, made_up: Release) -> None:
    """84 days are known: 2 times 42 would be covered, 90 and the 91 before are not."""
    browser.open(made_up.address("growth.html#range=90&compare=weekday"))
    assert browser.find_all('[data-tile="new_members"] [data-change]') == []
    assert "没有全部的数据" in str(browser.find('[data-tile="new_members"] .no-comparison').get_attribute("title"))


def test_the_comparison_survives_in_the_link_and_on_the_next_page(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("growth.html#range=30"))
    browser.click('[data-filter="compare"] [data-choice="weekday"]')
    assert browser.driver.current_url.endswith("growth.html#range=30&compare=weekday")
    shared = browser.driver.current_url
    shown = browser.text("new_members")
    browser.find('.pages a[href^="activity.html"]').click()
    browser.wait()
    assert "同星期" in browser.text("dau")
    browser.open(shared)
    assert browser.text("new_members") == shown


def test_over_all_dates_there_is_nothing_to_choose(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("growth.html#range=0"))
    assert browser.find_all('[data-filter="compare"]') == []


def test_a_number_leads_to_its_communities_ordered_by_it_and_a_community_to_its_page(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("index.html#range=7"))
    browser.script("arguments[0].click()", browser.find('[data-tile="members"] .drill'))
    browser.wait()
    assert "/growth.html#range=7&sort=members_at_end" in browser.driver.current_url
    tile = browser.find('[data-tile="communities"]')
    assert browser.driver.switch_to.active_element == tile
    with duckdb.connect(str(made_up.database), read_only=True) as connection:
        expected = connection.execute(
            "select scope_id, members_at_end from marts.mart_growth_daily where scope_type = 'community' "
            f"and business_date = date '{LAST_DAY}' order by members_at_end desc, scope_id"
        ).fetchall()
    shown = [
        (row.get_attribute("data-scope"), int(row.find_elements(By.TAG_NAME, "td")[3].get_attribute("data-value") or -1))
        for row in tile.find_elements(By.CSS_SELECTOR, "tbody tr")
    ]
    assert shown == expected
    assert tile.find_element(By.CSS_SELECTOR, '[aria-sort="descending"]').text.startswith("期末成员")
    community, members = expected[0]
    browser.click(f'[data-tile="communities"] tr[data-scope="{community}"] button')
    assert browser.kpi("members") == members
    # And up again, step by step.
    steps = browser.find_all(".scope-path li")
    assert [step.text for step in steps] == ["全部", "Discord", "lounge ☕"]
    browser.click(".scope-path li:nth-child(2) button")
    assert "scope=platform%3Adiscord" in browser.driver.current_url
    browser.click(".scope-path li:nth-child(1) button")
    assert browser.find_all(".scope-path") == []


def test_a_platform_leads_to_its_own_communities(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("index.html"))
    browser.click('[data-tile="platforms"] tr[data-scope="wecom"] button')
    listed = [row.get_attribute("data-scope") for row in browser.find_all('[data-tile="communities"] tbody tr')]
    assert len(listed) == 3 and all(str(scope).startswith("wecom:") for scope in listed)
    browser.click('[data-tile="communities"] tbody tr button')
    assert f"scope={quote(f'community:{listed[0]}', safe='')}" in browser.driver.current_url
    # Of a single community no number leads to others.
    assert browser.find_all(".drill") == []


def test_a_bar_and_its_head_in_the_table_lead_to_their_channel(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("growth.html#range=30"))
    point = browser.script(
        "const tile = document.querySelector('[data-tile=\"channels\"]'); tile.scrollIntoView({block: 'center'});"
        "const chart = communityMetrics.chartOf(tile); const box = tile.querySelector('.chart').getBoundingClientRect();"
        "const [x, y] = chart.convertToPixel({seriesIndex: 0}, [10, 1]); return [box.left + x, box.top + y]"
    )
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        browser.driver.execute_cdp_cmd(
            "Input.dispatchMouseEvent", {"type": kind, "x": point[0], "y": point[1], "button": "left", "clickCount": 1}
        )
    browser.wait()
    assert "scope=channel%3A" in browser.driver.current_url
    browser.open(made_up.address("growth.html#range=30"))
    browser.click('[data-tile="channels"] [data-toggle="table"]')
    browser.click('[data-tile="channels"] thead th:nth-child(2) button')
    assert "scope=channel%3A" in browser.driver.current_url
    assert browser.errors() == []
