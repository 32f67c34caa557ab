"""The page: in both languages, self-contained, with numbers as the registry writes them."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from community_metrics.errors import CommunityMetricsError, UsageError
from community_metrics.metrics.registry import project_registry
from community_metrics.reports import pdf
from community_metrics.reports.content import make_report
from community_metrics.reports.page import render, summary
from community_metrics.reports.words import number, relative, signed
from community_metrics.reports.writing import write_report
from community_metrics.settings import Settings
from support.released import HOSTILE, day, release

FAILED = {
    **{"gate": "marts", "suite": "mart_activity_daily", "check": "volume", "severity": "warning", "status": "failed"},
    **{"observed": "3 rows", "expected": "0 rows", "meaning": "A day is like days of its kind", "meaning_zh": "日量与同类日子相近"},
}


def cells(html: str) -> str:
    """The page's text, tags as spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_a_week_in_both_languages(home: Settings) -> None:
    release(home, "r1", missing=[day(8)], unknown_refunds=[day(9)], checks=[FAILED])
    html = render(make_report(home, "r1", "week", day(7)), "both")
    text = cells(html)
    assert html.count("<main") == 2
    assert "社群周报 · 2026-10-12 至 2026-10-18 | Weekly report · 2026-10-12 to 2026-10-18" in text
    assert "本期数据不完整： 2026-10-13。需要这些日期的数字为“未知”，并非 0。" in text
    assert "This period is not complete: 2026-10-13. Numbers that need these dates are not known; they are not 0." in text
    assert "消息 84 条 +14 (+20.0%) 70" in text
    assert "Messages 84 messages +14 (+20.0%) 70" in text
    assert "日活跃成员 (日均) 5 人 0 5" in text
    assert "退款额 未知 – ¥0.00" in text
    assert "Refunds not known – ¥0.00" in text
    # What is shown of the parts adds up: 103.83 - 26.25 + 20.42 = 98.
    assert "企业微信 +¥45.50 +¥32.08 +¥20.42 +¥98.00" in text
    assert "QQ +¥58.33 −¥58.33 0 0" in text
    assert "合计 +¥103.83 −¥26.25 +¥20.42 +¥98.00" in text
    assert "订单 shop 2026-10-13 1 0 0 0" in text
    assert "日量与同类日子相近 警告 3 rows" in text
    assert "A day is like days of its kind warning 3 rows" in text
    assert project_registry().metrics["messages"].definition.zh in text


def test_one_language_and_nothing_to_doubt(home: Settings) -> None:
    release(home, "r1")
    html = render(make_report(home, "r1", "day", day(7)), "zh")
    text = cells(html)
    assert '<html lang="zh-CN">' in html
    assert "本期数据齐全，没有数字被重述，检查全部通过。" in text
    assert "较前一日 2026-10-11 周日" in text and "较上周同日 2026-10-05 周一" in text
    assert "Messages" not in text


def test_the_page_asks_for_nothing_and_runs_nothing(home: Settings) -> None:
    release(home, "r1")
    html = render(make_report(home, "r1", "week", day(7)), "both")
    assert html.count("<svg") > 8
    assert not re.findall(r"<(?:script|link|img|iframe|object)\b|\bsrc=|url\(|@import|\bon\w+=", html)
    # The only addresses are names of a namespace; a group's name is text.
    assert set(re.findall(r"https?://[^\"' <]+", html)) == {"http://www.w3.org/2000/svg"}
    assert HOSTILE not in html and "&lt;script&gt;alert(" in html
    assert len(html.encode()) < 100_000  # mail programs cut longer ones


def test_a_few_lines_for_a_robot(home: Settings) -> None:
    release(home, "r1", checks=[FAILED])
    assert summary(make_report(home, "r1", "day", day(7)), "zh") == (
        "期末成员: 27 人, 较上周同日 +7 (+35.0%)",
        "日活跃成员: 5 人, 较上周同日 0",
        "消息: 12 条, 较上周同日 +2 (+20.0%)",
        "订单 (CNY): 3 单, 较上周同日 +1 (+50.0%)",
        "退款后成交: ¥44.00, 较上周同日 +¥14.00 (+46.7%)",
        "1 项检查未通过",
    )


def test_restated_numbers_are_written_as_all_others_unless_that_hides_the_difference(home: Settings) -> None:
    key = {"business_date": "2026-10-07", "scope_type": "all", "scope_id": "all"}
    told = [
        ("mart_activity_daily", key, "stickiness", "2026-10-07", "0.25", "0.2500001", "late_rows"),
        ("mart_activity_daily", key, "active_rate", "2026-10-07", "0.25", "0.4", "restated_file+late_rows"),
        ("mart_conversion_daily", {**key, "currency": "CNY"}, "net_amount", "2026-10-06", "1234.50", None, "withdrawn_file"),
    ]
    release(home, "r1", restated=told)
    text = cells(render(make_report(home, "r1", "week", day(0)), "en"))
    assert "Stickiness 2026-10-07 0.25 0.2500001 late rows" in text
    assert "Active rate 2026-10-07 25.0% 40.0% restated file + late rows" in text
    assert "Net sales (CNY) 2026-10-06 ¥1,234.50 not known file taken out of use" in text


@pytest.mark.parametrize(
    ("name", "value", "shown", "change"),
    [
        ("messages", Fraction(1234), "1,234", "+1,234"),
        ("dau", Fraction(-10, 3), "−3.3", "−3.3"),
        ("stickiness", Fraction(1234, 10000), "12.3%", "+12.3 pp"),
        ("gross_amount", Fraction(-12345, 10), "−¥1,234.50", "−¥1,234.50"),
        ("gross_amount", Fraction(1, 1000), "¥0.00", "0"),
        ("gross_amount", Fraction(-1, 1000), "¥0.00", "0"),
        ("quick_ratio", Fraction(5, 4), "1.25", "+1.25"),
    ],
)
def test_numbers_in_words(name: str, value: Fraction, shown: str, change: str) -> None:
    metric = project_registry().metrics[name]
    assert number(value, metric, "CNY", "en") == shown
    assert signed(value, metric, "CNY", "en") == change
    assert number(None, metric, "CNY", "zh") == "未知"


def test_what_is_compared_with_nothing_has_no_per_cent() -> None:
    assert [relative(Fraction(a), Fraction(b)) for a, b in ((0, 5), (5, 5), (-4, -2), (3, 4))] == ["", "", "+50.0%", "+33.3%"]


def test_a_file_by_hand(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="nothing is published yet"):
        write_report(home, tmp_path / "r.html", "day", None, "zh")
    release(home, "r1", missing=[day(13)])
    written = write_report(home, tmp_path / "r.html", "week", day(13), "en")
    assert (written.first, written.last, written.missing_days) == ("2026-10-12", "2026-10-18", ("2026-10-18",))
    assert "Weekly report" in (tmp_path / "r.html").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match=r"end it with \.html or \.pdf"):
        write_report(home, tmp_path / "r.docx", "day", None, "zh")
    with pytest.raises(UsageError, match="there is no such folder"):
        write_report(home, tmp_path / "no" / "r.html", "day", None, "zh")
    with pytest.raises(CommunityMetricsError, match="no release 'r7'"):
        write_report(home, tmp_path / "r.html", "day", None, "zh", "r7")
    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    with pytest.raises(UsageError, match=r"a PDF needs Chromium, and there is none - .*apt-get install chromium"):
        write_report(home, tmp_path / "r.pdf", "day", None, "zh")
    assert not (tmp_path / "r.pdf").exists()
