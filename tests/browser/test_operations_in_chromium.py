"""The pages of operations and of validation results: charts with their tables, and the way from a check to its rule."""

from __future__ import annotations

from browser.conftest import Release
from browser.site_browser import SiteBrowser


def test_durations_and_checks_are_drawn_and_have_their_tables(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("operations.html"))
    assert browser.find("h1").text == "运行"
    assert [len(browser.find_all(f'[data-tile="{tile}"] canvas')) for tile in ("durations", "audits")] == [1, 1]
    browser.script("for (const button of document.querySelectorAll('[data-toggle=table]')) button.click()")
    rows = browser.find_all('[data-tile="durations"] .tile-data tbody tr')
    # The latest first: the run that works now has no publication yet.
    assert [rows[0].text, rows[-1].text] == ["2026-05-30 01:30 UTC 21.00 75.50 3.70 –", "2026-05-21 01:30 UTC 12.00 48.50 3.70 5.25"]
    assert [row.text for row in browser.find_all('[data-tile="audits"] .tile-data tbody tr')][5] == "2026-05-25 01:31 UTC 1 2"
    assert len(browser.find_all("[data-run]")) == 12
    assert browser.errors() == []


def test_a_check_of_the_trust_page_leads_to_its_rule(browser: SiteBrowser, made_up: Release) -> None:
    browser.open(made_up.address("trust.html"))
    browser.find('a[href="validations.html#freshness.orders_within_two_days"]').click()
    browser.wait()
    assert browser.find("h1").text == "检查明细"
    rule = browser.find('[id="freshness.orders_within_two_days"] pre')
    assert not rule.is_displayed()
    browser.find('[id="freshness.orders_within_two_days"] summary').click()
    assert rule.is_displayed() and rule.text.startswith("select * from {batch} where name = '</script>")
    assert browser.errors() == []
