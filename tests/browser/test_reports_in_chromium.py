"""A report as a reader opens it, and on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser.site_browser import CHROMIUM, SiteBrowser
from community_metrics.reports.writing import write_report
from community_metrics.settings import Settings
from support.released import HOSTILE, day, release

OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [390, 1000])
def test_a_report_fits_asks_for_nothing_and_says_no_error(chromium: SiteBrowser, home: Settings, tmp_path: Path, width: int) -> None:
    release(home, "r1", missing=[day(8)])
    page = tmp_path / "week.html"
    write_report(home, page, "week", day(7), "both")
    chromium.wide(width)
    chromium.driver.get("about:blank")
    chromium.errors()
    chromium.requests()
    chromium.driver.get(page.as_uri())
    assert chromium.requests() == [page.as_uri()]
    assert chromium.errors() == []
    assert chromium.script(OVERFLOW) == 0
    assert [heading.text for heading in chromium.find_all("h1")] == [
        "社群周报 · 2026-10-12 至 2026-10-18",
        "Weekly report · 2026-10-12 to 2026-10-18",
    ]
    assert HOSTILE in chromium.find("main").text
    # Every chart is drawn and has words for those who do not see it.
    for chart in chromium.find_all("svg"):
        assert chart.size["height"] > 20 and chart.get_attribute("aria-label")


def test_a_report_on_paper(home: Settings, tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is absent: apt-get install chromium fonts-noto-cjk")
    release(home, "r1")
    write_report(home, tmp_path / "day.pdf", "day", None, "zh")
    paper = (tmp_path / "day.pdf").read_bytes()
    assert paper.startswith(b"%PDF-") and paper.rstrip().endswith(b"%%EOF")
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") + paper.count(b"/Type/Page/") >= 1
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".pdf"] == ["day.pdf"]
