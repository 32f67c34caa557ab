"""What a report says, by a release whose every number is known."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from community_metrics.errors import UsageError
from community_metrics.metrics.entries import Text
from community_metrics.reports.content import Headline, Report, make_report
from community_metrics.reports.splits import Split
from community_metrics.settings import Settings
from support.released import HOSTILE, LAST, day, release

SECOND_WEEK = day(7)


def headlines(report: Report) -> dict[str, Headline]:
    return {headline.metric.name: headline for section in report.sections for headline in section.headlines}


def split_of(report: Report, title: str) -> Split:
    return next(split for split in report.splits if split.title.en == title)


def rows(split: Split) -> dict[str, tuple[Fraction, ...]]:
    return {row.label.en: row.parts for row in split.rows}


def test_a_week_is_combined_as_the_registry_says(home: Settings) -> None:
    release(home, "r1")
    found = headlines(make_report(home, "r1", "week", SECOND_WEEK))
    numbers = {name: (headline.value, *headline.before) for name, headline in found.items()}
    assert numbers["members_at_end"] == (33, 26)  # the last day
    assert numbers["new_members"] == (7, 7)  # added up
    assert numbers["dau"] == (5, 5)  # the mean of the days
    assert numbers["messages"] == (84, 70)
    assert numbers["active_rate"] == (Fraction(1, 4), Fraction(1, 4))  # 35 of 140
    assert numbers["gross_amount"] == (308, 210)
    assert numbers["aov"] == (Fraction(308, 21), 15)
    assert numbers["period_active_members"] == (11, 9)
    assert found["dau"].note == Text("日均", "mean of the days")


def test_one_unknown_day_makes_the_week_unknown_and_never_nothing(home: Settings) -> None:
    release(home, "r1", unknown_refunds=[day(9)])
    report = make_report(home, "r1", "week", SECOND_WEEK)
    found = headlines(report)
    assert (found["refund_amount"].value, found["refund_amount"].before) == (None, (Fraction(0),))
    assert found["net_amount"].value is None
    assert found["gross_amount"].value == 308
    assert "Net sales" not in [split.title.en for split in report.splits]


def test_a_day_is_held_against_two_days(home: Settings) -> None:
    release(home, "r1")
    found = headlines(make_report(home, "r1", "day", SECOND_WEEK))
    assert (found["messages"].value, *found["messages"].before) == (12, 10, 10)
    first = headlines(make_report(home, "r1", "day", day(0)))
    assert (first["messages"].value, *first["messages"].before) == (10, None, None)


def test_where_the_changes_come_from(home: Settings) -> None:
    release(home, "r1")
    report = make_report(home, "r1", "week", SECOND_WEEK)
    assert rows(split_of(report, "Members")) == {"New": (7,), "Rejoined": (0,), "Left": (0,)}
    # 9 active, 5 new and 1 resurrected more, 4 asleep less: 11.
    assert rows(split_of(report, "Active members of the period")) == {"New": (5,), "Resurrected": (1,), "Dormant": (-4,)}
    # 35 member-days in both weeks: all of it is talk.
    assert rows(split_of(report, "Messages, more people, or more by each")) == {"Everything": (0, 14)}
    assert rows(split_of(report, "Messages, by platform")) == {"WeCom": (21,), "QQ": (-7,)}
    # The group wrote 35, then 56; what is in no group 35, then 28.
    assert rows(split_of(report, "Messages, by community")) == {HOSTILE: (21,), "The rest": (-7,)}
    # 14 orders, then 21; wecom's share 1/2, then 2/3, at 10, then 12; see test_decomposition.py.
    sales = split_of(report, "Gross sales, by platform")
    assert rows(sales) == {
        "WeCom": (Fraction("45.5"), Fraction(385, 12), Fraction(245, 12)),
        "QQ": (Fraction(175, 3), Fraction(-175, 3), 0),
    }
    assert sales.totals == (Fraction(623, 6), Fraction("-26.25"), Fraction(245, 12))
    for split in report.splits:
        assert sum(split.totals) == split.change


def test_a_period_that_is_not_complete_says_so(home: Settings) -> None:
    release(home, "r1", missing=[day(8), day(9)])
    report = make_report(home, "r1", "week", SECOND_WEEK)
    assert (report.is_complete, report.missing_days) == (False, (day(8), day(9)))
    (state,) = report.sources
    assert (state.source, state.account, state.missing, state.late) == ("orders", "shop", (day(8), day(9)), 2)
    assert make_report(home, "r1", "day", day(7)).is_complete
    # Days after the release's last are missing, too.
    assert make_report(home, "r1", "day", date(2026, 10, 19)).missing_days == (date(2026, 10, 19),)


def test_without_a_date_it_is_the_newest_whole_period(home: Settings) -> None:
    release(home, "r1", missing=[LAST])
    assert make_report(home, "r1", "day", None).period.first == day(12)
    assert make_report(home, "r1", "week", None).period.first == day(0)
    with pytest.raises(UsageError, match="holds no whole month"):
        make_report(home, "r1", "month", None)


def test_restatements_since_the_report_before_are_named(home: Settings) -> None:
    key = {"business_date": "2026-10-07", "scope_type": "all", "scope_id": "all"}
    group = {**key, "scope_type": "community", "scope_id": "wecom::g1"}
    first = ("mart_activity_daily", key, "dau", "2026-10-07", "4", "5", "late_rows")
    second = ("mart_activity_daily", group, "messages", "2026-10-08", "7", None, "withdrawn_file")
    release(home, "r1", restated=[second])
    release(home, "r2", previous="r1", restated=[first])
    release(home, "r3", previous="r2")
    own = make_report(home, "r3", "week", None).restatements
    assert (own.marts, own.numbers, own.is_whole) == ((), (), True)
    told = make_report(home, "r3", "week", None, since="r1").restatements
    assert [(mart.cells, mart.causes, mart.first) for mart in told.marts] == [(1, (Text("迟到的行", "late rows"),), date(2026, 10, 7))]
    (cell,) = told.numbers
    assert (cell.metric.name, cell.old, cell.new) == ("dau", "4", "5")
    everything = make_report(home, "r3", "week", None, since="r0").restatements
    # r0 is not kept any more; cells of a community are counted and not listed.
    assert (sum(mart.cells for mart in everything.marts), len(everything.numbers), everything.is_whole) == (2, 1, False)
