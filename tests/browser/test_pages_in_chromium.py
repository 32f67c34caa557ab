"""The pages work from the disk and behind a server, quietly, in both languages and themes, on a phone, with hostile names."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from browser import fixture_release
from browser.conftest import Release
from browser.site_browser import SiteBrowser


def test_pages_from_the_disk_are_quiet_and_ask_for_nothing_outside(browser: SiteBrowser, release: Release) -> None:
    for page in release.pages:
        browser.open(release.address(page))
        assert browser.errors() == [], page
        foreign = [url for url in browser.requests() if not url.startswith((f"{release.site.as_uri()}/", "data:", "about:"))]
        assert foreign == [], page
        assert "数据文件没有读到" not in browser.find("main").text


def test_pages_behind_a_server_obey_its_policy(browser: SiteBrowser, made_up: Release, server: str) -> None:
    for page in made_up.pages:
        browser.open(f"{server}{page}#range=7&grain=day")
        assert browser.errors() == [], page
        assert [url for url in browser.requests() if not url.startswith((server, "data:", "about:"))] == [], page


def test_the_site_works_inside_a_sandboxed_frame(browser: SiteBrowser, server: str) -> None:
    browser.driver.get(server.replace("/community-metrics/", "/"))
    browser.driver.switch_to.frame(browser.driver.find_element(By.TAG_NAME, "iframe"))
    try:
        browser.wait()
        browser.click('[data-switch="language"] [data-choice="zh"]')
        before = browser.kpi("messages")
        browser.click('[data-filter="range"] [data-choice="7"]')
        after = browser.kpi("messages")
        browser.click('[data-switch="theme"] [data-choice="dark"]')
        browser.find('.pages a[href^="retention.html"]').click()
        browser.wait()
        assert browser.find("h1").text == "留存"
    finally:
        browser.driver.switch_to.default_content()
    assert before is not None and after is not None and after < before
    # Chromium has a warning about Airflow's choice of sandbox.
    assert [error for error in browser.errors() if "can escape its sandboxing" not in error] == []


def test_the_language_switch_changes_every_word_and_is_remembered(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("index.html"))
    assert browser.find("h1").text == "总览"
    browser.click('[data-switch="language"] [data-choice="en"]')
    assert browser.find("h1").text == "Overview"
    assert browser.driver.title == "Overview · Community Metrics Warehouse"
    for page in made_up.pages:
        browser.open(made_up.address(page))
        assert browser.script("return document.documentElement.lang") == "en"
        left = browser.script(
            "return [...document.body.innerText.matchAll(/[\\u4e00-\\u9fff]+/g)].map((match) => match[0])",
        )
        names = "".join([name for _, _, name, *_ in fixture_release.COMMUNITIES] + list(fixture_release.TITLES)) + "中"
        assert [word for word in left if word not in names] == [], page


def test_the_theme_is_remembered_and_follows_the_system_when_asked(browser: SiteBrowser, made_up: Release) -> None:
    def background() -> str:
        return str(browser.script("return getComputedStyle(document.body).backgroundColor"))

    browser.open(made_up.address("index.html"))
    browser.click('[data-switch="theme"] [data-choice="light"]')
    light = background()
    browser.click('[data-switch="theme"] [data-choice="dark"]')
    dark = background()
    assert light != dark
    browser.open(made_up.address("growth.html"))
    assert background() == dark
    browser.click('[data-switch="theme"] [data-choice="auto"]')
    for scheme, expected in (("light", light), ("dark", dark)):
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        WebDriverWait(browser.driver, 5).until(lambda _, wanted=expected: background() == wanted)
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_background(browser: SiteBrowser, made_up: Release, theme: str, language: str) -> None:
    """WCAG AA: 4.5 to 1 for every piece of text that is set on a plain background."""
    measure = (Path(__file__).parent / "contrast.js").read_text()
    browser.remember(theme=theme, language=language)
    poor = {}
    for page in made_up.pages:
        browser.open(made_up.address(page))
        found = browser.script(measure)
        if found:
            poor[page] = found
    assert poor == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_scrolls_no_page_sideways(browser: SiteBrowser, release: Release, language: str) -> None:
    browser.wide(390)
    for page in release.pages:
        browser.remember(language=language)
        browser.open(release.address(page))
        assert browser.script("return document.documentElement.scrollWidth") == 390, page


def test_a_name_that_looks_like_html_is_only_a_name(browser: SiteBrowser, made_up: Release) -> None:
    for page in made_up.pages:
        browser.open(made_up.address(f"{page}#scope=community%3Aslack%3AT01%3AC-help"))
        assert browser.driver.title != "owned"
        assert browser.find_all("img:not(.brand img)") == []
    browser.open(made_up.address("activity.html"))
    assert fixture_release.HOSTILE_NAME in [node.text for node in browser.find_all(".ranking-name button")]
    assert browser.errors() == []


def test_a_definition_opens_and_closes_from_the_keyboard(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("activity.html"))
    button = browser.find('[data-tile="dau"] [data-toggle="definition"]')
    definition = browser.find("#definition-dau")
    assert not definition.is_displayed()
    button.send_keys("\ue007")
    assert definition.is_displayed()
    assert button.get_attribute("aria-expanded") == "true"
    assert "去重人数" in definition.text
    button.send_keys("\ue00c")
    assert not definition.is_displayed()


def test_the_calendar_of_the_trust_page_equals_the_status_mart(browser: SiteBrowser, release: Release) -> None:
    browser.open(release.address("trust.html#range=0"))
    with duckdb.connect(str(release.database), read_only=True) as connection:
        expected = connection.execute(
            "select count(*) filter (complete and held = 0), "
            "count(*) filter (expected and not received and not complete and held = 0), count(*) filter (held > 0), "
            "count(*) filter (restated > 0), count(*) filter (quarantined > 0) from marts.mart_data_status"
        ).fetchone()
    shown = tuple(len(browser.find_all(f".days .day-{state}")) for state in ("complete", "missing", "held", "restated", "quarantined"))
    assert shown == expected


def test_the_trust_page_names_release_checks_inputs_and_refusals(browser: SiteBrowser, release: Release) -> None:
    browser.open(release.address("trust.html"))
    text = browser.text("verdict")
    assert release.manifest["release_id"] in text
    assert str(release.manifest["data_through"]) in text
    assert len(browser.find_all('[data-tile="checks"] tbody tr')) == len(release.manifest["checks"])
    assert len(browser.find_all('[data-tile="inputs"] tbody tr')) == min(len(release.manifest["inputs"]), 200)
    notices = browser.text("refusals")
    for refusal in release.manifest.get("refusals", []):
        assert refusal["reason"] in notices


def test_a_lost_data_file_is_said_and_the_rest_of_the_page_stands(
    browser: SiteBrowser, made_up: Release, tmp_path_factory: pytest.TempPathFactory
) -> None:

    site = tmp_path_factory.mktemp("lost") / "site"
    shutil.copytree(made_up.site, site)
    shutil.rmtree(site / "data" / "mart_activity_daily")
    browser.open(f"{site.as_uri()}/index.html")
    assert "数据文件没有读到" in browser.text("activity_trend")
    assert browser.kpi("members") is not None


def test_marts_can_be_downloaded_only_where_the_server_makes_files(browser: SiteBrowser, made_up: Release, server: str) -> None:
    browser.open(made_up.address("trust.html"))
    assert not browser.find('[data-tile="contents"] [data-export]').is_displayed()
    browser.open(f"{server}trust.html")
    links = browser.find_all('[data-tile="contents"] [data-export]')
    assert links[0].is_displayed()
    for language in ("zh", "en"):
        browser.click(f'[data-switch="language"] [data-choice="{language}"]')
        shown = [str(link.get_attribute("href")).removeprefix(server) for link in links[:3]]
        assert shown == [f"export/mart_activity_daily.{kind}?language={language}" for kind in ("csv", "xlsx", "parquet")]
