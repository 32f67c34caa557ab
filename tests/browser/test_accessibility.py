"""Whoever cannot see or use a mouse: axe-core finds nothing serious on any page, and every control can be reached and used by keys."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from browser.conftest import Release
from browser.site_browser import SiteBrowser
from community_metrics.settings import PROJECT_ROOT

AXE = PROJECT_ROOT / "build" / "axe" / "axe.min.js"
RUN = """
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ["violations"] }).then(
      ({ violations }) =>
        done(violations.map(({ id, impact, nodes }) => [id, impact, nodes.slice(0, 3).map(({ html }) => html.slice(0, 160))])),
      (error) => done([["axe", "critical", [String(error)]]]),
    );
"""


def violations(browser: SiteBrowser) -> list[Any]:
    """What axe-core calls serious or critical on the page as it stands."""
    if not AXE.exists():
        pytest.fail(f"axe-core is missing - {AXE} - run `make test-browser`, which fetches it")
    browser.script(AXE.read_text(encoding="utf-8"))
    browser.driver.set_script_timeout(60)
    return [found for found in browser.driver.execute_async_script(RUN) if found[1] in ("serious", "critical")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_has_a_serious_fault(browser: SiteBrowser, made_up: Release, language: str, theme: str) -> None:
    browser.remember(language=language, theme=theme)
    faults = {}
    for page in made_up.pages:
        browser.open(made_up.address(page))
        if found := violations(browser):
            faults[page] = found
    assert faults == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_opened_has_no_serious_fault_either(browser: SiteBrowser, made_up: Release, theme: str) -> None:
    browser.remember(theme=theme)
    browser.open(made_up.address("growth.html#scope=platform%3Awecom&range=7&compare=weekday"))
    for button in browser.find_all('[data-toggle="table"]'):
        browser.script("arguments[0].click()", button)
    browser.find('[data-tile="members"] [data-toggle="definition"]').send_keys(Keys.ENTER)
    assert violations(browser) == []
    browser.find("#community-query").send_keys("群", Keys.ARROW_DOWN)
    assert browser.find_all("#community-list [aria-selected=true]")
    assert violations(browser) == []
    browser.wide(390)
    browser.open(made_up.address("activity.html#scope=community%3Awecom%3Acorp1%3Ag-vip"))
    assert violations(browser) == []
    # A page of which nothing exists at the scope.
    browser.open(made_up.address("conversion.html#scope=community%3Awecom%3Acorp1%3Ag-run"))
    assert violations(browser) == []


# Every control that is seen must be reached by Tab and show that it is; the list of all that Tab should reach is the browser's own.
REACHABLE = """
    return [...document.querySelectorAll("a[href], button, select, input, summary, [tabindex='0']")]
      .filter((node) => node.offsetParent !== null && !node.disabled && !node.closest("details:not([open]) > :not(summary)"))
      .map((node, index) => { node.dataset.stop = index; return index; });
"""
STOP = """
    const node = document.activeElement;
    const style = getComputedStyle(node);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5;
    const box = node.getBoundingClientRect();
    const inView = box.bottom > 0 && box.top < innerHeight;
    return [node.dataset.stop ?? null, outlined || node.matches(".skip"), inView, node.outerHTML.slice(0, 90)];
"""


@pytest.mark.parametrize("page", ["index.html", "growth.html", "trust.html", "glossary.html"])
def test_every_control_is_reached_by_keys_and_seen_when_it_is(browser: SiteBrowser, made_up: Release, page: str) -> None:
    browser.open(made_up.address(page))
    wanted = {str(stop) for stop in browser.script(REACHABLE)}
    body = browser.find("body")
    stops: list[str] = []
    for _ in range(len(wanted) + 5):
        (browser.driver.switch_to.active_element or body).send_keys(Keys.TAB)
        stop, is_outlined, is_in_view, html = browser.script(STOP)
        if stop is None or stop in stops:
            break
        stops.append(stop)
        assert is_outlined, f"no sign of the focus: {html}"
        assert is_in_view, f"out of sight: {html}"
    assert wanted - set(stops) == set()
    assert [int(stop) for stop in stops] == sorted(int(stop) for stop in stops), "in the order in which they stand"


def test_filters_lists_and_tables_are_used_by_keys(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("growth.html"))
    browser.find('[data-filter="range"] [data-choice="7"]').send_keys(Keys.ENTER)
    browser.wait()
    assert browser.script("return document.activeElement.dataset.choice") == "7", "the focus stays where it was"
    assert "range=7" in browser.driver.current_url
    browser.find('[data-filter="compare"] [data-choice="weekday"]').send_keys(Keys.SPACE)
    browser.wait()
    assert "compare=weekday" in browser.driver.current_url
    toggle = browser.find('[data-tile="flow"] [data-toggle="table"]')
    toggle.send_keys(Keys.ENTER)
    assert browser.find('[data-tile="flow"] table').is_displayed() and toggle.get_attribute("aria-pressed") == "true"
    browser.find('[data-tile="communities"] thead th:nth-child(4) button').send_keys(Keys.ENTER)
    browser.wait()
    assert browser.find('[data-tile="communities"] th[aria-sort]').text.startswith("离开")
    browser.find('[data-tile="communities"] tbody tr button').send_keys(Keys.ENTER)
    browser.wait()
    assert "scope=community" in browser.driver.current_url
    browser.find(".scope-path button").send_keys(Keys.ENTER)
    browser.wait()
    assert browser.find("#filters select").get_attribute("value") == "all"
    browser.find("#filters select").send_keys("企")
    browser.wait()
    assert "scope=platform%3Awecom" in browser.driver.current_url


def test_a_reader_of_the_screen_is_told_what_is_seen(browser: SiteBrowser, made_up: Release) -> None:
    """Names of charts, the page's language, what is chosen, why a number is missing."""
    browser.open(made_up.address("activity.html#scope=platform%3Aslack"))
    for chart in browser.find_all(".chart"):
        assert chart.get_attribute("role") == "img" and chart.get_attribute("aria-label")
    assert browser.find('.pages [aria-current="page"]').text == "活跃"
    assert "数据源没有报告这个数" in str(browser.find('[data-tile="active_rate"] .why').get_attribute("textContent"))
    headings = browser.script("return [...document.querySelectorAll('h1, h2, h3')].map((node) => Number(node.tagName[1]))")
    assert headings[0] == 1 and all(after - before <= 1 for before, after in pairwise(headings[1:]))
    assert len(browser.find_all("main")) == len(browser.find_all("h1")) == 1


def test_the_skip_link_leads_to_the_content(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("index.html"))
    browser.find("body").send_keys(Keys.TAB)
    assert browser.script("return document.activeElement.className") == "skip"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.script("return document.activeElement.closest('main') !== null")


def test_the_checker_is_the_one_that_is_pinned() -> None:
    assert Path(AXE).exists() and "axe v4.14.1" in AXE.read_text(encoding="utf-8")[:200]
