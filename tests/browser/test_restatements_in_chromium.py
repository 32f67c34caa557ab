"""The page of restatements: choosing a mart and searching leave the numbers that fit."""

from __future__ import annotations

from browser.conftest import Release
from browser.site_browser import SiteBrowser

SHOWN = "return [...document.querySelectorAll('.restated')].filter((row) => !row.hidden).map((row) => row.dataset.mart)"
CHOOSE = "const s = document.getElementById('restated-mart'); s.value = arguments[0]; s.dispatchEvent(new Event('change'));"
SEARCH = "const q = document.getElementById('restated-query'); q.value = arguments[0]; q.dispatchEvent(new Event('input'));"


def test_a_mart_and_words_narrow_the_list(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("restatements.html"))
    assert browser.find("h1").text == "数字变更"
    assert browser.script(SHOWN) == ["mart_activity_daily", "mart_conversion_daily"]
    browser.script(CHOOSE, "mart_conversion_daily")
    assert browser.script(SHOWN) == ["mart_conversion_daily"]
    browser.script(CHOOSE, "")
    browser.script(SEARCH, "迟到 2026-05-29")
    assert browser.script(SHOWN) == ["mart_activity_daily"]
    browser.script(SEARCH, "nothing like it")
    assert browser.script("return document.getElementById('restated-nothing').hidden") is False
    assert "43" not in browser.find("main").text
    assert browser.errors() == []
