"""Each period is written and sent once, when it is whole, however late; nobody is sent the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from community_metrics.errors import CommunityMetricsError
from community_metrics.reports import book
from community_metrics.reports.book import ReportMessage, Sent, folder_of, send_due, write_due
from community_metrics.settings import Reports, Settings
from support.released import day, release


class Room:
    """A connection: the titles that were said in it, and whether it takes any."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.is_open = True

    def __call__(self, message: ReportMessage) -> None:
        if not self.is_open:
            raise CommunityMetricsError("the message was not taken: HTTP 500", "channel room", "wait")
        self.said.append(f"{message.kind} {message.first}")


@pytest.fixture
def daily(home: Settings) -> Settings:
    return replace(home, reports=Reports(kinds=("day",), language="zh"))


def titles(dates: Sequence[str]) -> list[str]:
    return [f"社群日报 · {date}" for date in dates]


def test_the_first_look_writes_the_newest_of_each_kind(home: Settings) -> None:
    assert write_due(home) == []
    release(home, "r1")
    assert [title.split(" | ")[1] for title in write_due(home)] == [
        "Daily brief · Sunday 2026-10-18",
        "Weekly report · 2026-10-12 to 2026-10-18",
    ]
    assert write_due(home) == []
    pages = sorted(str(path.relative_to(folder_of(home))) for path in folder_of(home).rglob("*.html"))
    assert pages == ["day/2026-10-18.html", "week/2026-10-12.html"]


def test_a_day_that_is_completed_late_is_sent_once(daily: Settings) -> None:
    room = Room()

    def look() -> list[str]:
        written = write_due(daily)
        send_due(daily, {"room": room})
        return written

    release(daily, "r1", last=day(9))
    assert look() == titles(["2026-10-14 周三"])
    # The shop is silent on the 15th, comes on the 16th, and hands the 15th in with the 17th.
    release(daily, "r2", last=day(10), missing=[day(10)], previous="r1")
    assert look() == []
    release(daily, "r3", last=day(11), missing=[day(10)], previous="r2")
    assert look() == titles(["2026-10-16 周五"])
    release(daily, "r4", last=day(12), previous="r3")
    assert look() == titles(["2026-10-15 周四", "2026-10-17 周六"])
    release(daily, "r5", last=day(12), previous="r4")
    assert look() == []
    assert room.said == ["day 2026-10-14", "day 2026-10-16", "day 2026-10-15", "day 2026-10-17"]


def test_what_is_restated_later_is_told_by_the_next_report_and_not_sent_again(daily: Settings) -> None:
    room = Room()
    key = {"business_date": "2026-10-14", "scope_type": "all", "scope_id": "all"}
    release(daily, "r1", last=day(9))
    write_due(daily)
    page = (folder_of(daily) / "day" / "2026-10-14.html").read_bytes()
    release(daily, "r2", last=day(9), previous="r1", restated=[("mart_activity_daily", key, "dau", "2026-10-14", "4", "5", "late_rows")])
    assert write_due(daily) == []
    release(daily, "r3", last=day(11), previous="r2")
    assert write_due(daily) == titles(["2026-10-15 周四", "2026-10-16 周五"])
    send_due(daily, {"room": room})
    assert (folder_of(daily) / "day" / "2026-10-14.html").read_bytes() == page
    told = (folder_of(daily) / "day" / "2026-10-15.html").read_text(encoding="utf-8")
    assert "自上一份报告以来被重述的数字" in told and "迟到的行" in told
    # It is told once.
    assert "迟到的行" not in (folder_of(daily) / "day" / "2026-10-16.html").read_text(encoding="utf-8")


def test_a_connection_that_fails_gets_it_later_and_the_others_at_once(daily: Settings) -> None:
    broken, sound = Room(), Room()
    broken.is_open = False
    release(daily, "r1", last=day(9))
    write_due(daily)
    title = "社群日报 · 2026-10-14 周三"
    assert send_due(daily, {"broken": broken, "sound": sound}) == Sent(
        (f"sound: {title}",), (f"broken: {title}: the message was not taken: HTTP 500 - channel room - wait",)
    )
    broken.is_open = True
    release(daily, "r2", last=day(10), previous="r1")
    write_due(daily)
    send_due(daily, {"broken": broken, "sound": sound})
    assert broken.said == sound.said == ["day 2026-10-14", "day 2026-10-15"]


def test_a_new_connection_gets_the_newest_and_no_past(daily: Settings) -> None:
    old, new = Room(), Room()
    for number in (9, 10, 11):
        release(daily, f"r{number}", last=day(number))
        write_due(daily)
        send_due(daily, {"old": old})
    send_due(daily, {"old": old, "new": new})
    assert (len(old.said), new.said) == (3, ["day 2026-10-16"])


def test_without_chromium_the_page_goes_out_alone(
    daily: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("community_metrics.reports.pdf.shutil.which", lambda _: None)
    release(daily, "r1")
    assert write_due(replace(daily, reports=replace(daily.reports, pdf=True))) == titles(["2026-10-18 周日"])
    assert "goes out without a PDF: a PDF needs Chromium" in caplog.text


def test_a_record_that_is_no_record_says_how_to_mend_it(daily: Settings) -> None:
    release(daily, "r1")
    folder_of(daily).mkdir()
    book._book_path(daily).write_text("[1]")
    with pytest.raises(CommunityMetricsError, match="delete it: the newest reports are then written and sent once more"):
        write_due(daily)
