"""The glossary finds terms and opens at one; dbt's page of the models works and asks for nothing."""

from __future__ import annotations

from selenium.webdriver.support.ui import WebDriverWait

from browser.conftest import Release
from browser.site_browser import SiteBrowser


def test_a_title_opens_the_glossary_at_its_metric(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("index.html"))
    browser.script("arguments[0].click()", browser.find('[data-tile="stickiness"] h3 a'))
    browser.wait()
    assert browser.script("return location.href").endswith("/glossary.html#stickiness")
    assert browser.script("return document.querySelector('.term:target').id") == "stickiness"
    # What the address names is a term; it is not carried to other pages as if it were a filter.
    assert browser.find('.pages a[href^="growth.html"]').get_attribute("href").endswith("/growth.html")


def test_the_search_finds_words_of_both_languages(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("glossary.html"))
    search = "const q = document.getElementById('glossary-query'); q.value = arguments[0]; q.dispatchEvent(new Event('input'));"
    shown = "return [...document.querySelectorAll('.term')].filter((term) => term.offsetParent).map((term) => term.id)"
    browser.script(search, "复购率")
    assert browser.script(shown)[0] in ("repurchase_eligible_members", "repurchase_rate")
    browser.script(search, "order VALUE")
    assert "aov" in browser.script(shown)
    browser.script(search, "no such thing")
    assert browser.script(shown) == []
    assert browser.script("return document.getElementById('glossary-nothing').hidden") is False
    # A link to a term that the search hides shows it all the same.
    browser.script("location.hash = 'dau'")
    WebDriverWait(browser.driver, 5).until(lambda driver: driver.execute_script("return !document.getElementById('dau').hidden"))


def test_the_page_of_the_models_works_and_asks_for_nothing(browser: SiteBrowser, made_up: Release) -> None:
    browser.requests(), browser.errors()
    browser.driver.get("about:blank")
    browser.driver.get(made_up.address("models/index.html") + "#!/model/model.community_metrics.mart_activity_daily")
    WebDriverWait(browser.driver, 20).until(lambda driver: "Distinct members with a qualifying event" in driver.page_source)
    assert "日活跃成员" in browser.find("body").text
    foreign = [url for url in browser.requests() if not url.startswith((made_up.site.as_uri(), "data:", "about:"))]
    assert foreign == []
