"""The benchmark's report: ratios, and a table that people can read. Nothing here is timed."""

from __future__ import annotations

import json

from benchmarks.measuring import Cost
from benchmarks.report import Comparison, Growth, Report, render, table


def test_a_table_is_as_wide_as_its_cells() -> None:
    lines = table(("what", "s"), [("one day", "0.50"), ("all", "12.00")]).splitlines()
    assert lines == ["what         s", "-------  -----", "one day   0.50", "all      12.00"]


def test_ratios_are_the_line_over_the_floor() -> None:
    row = Comparison("one more day", Cost(6.0, 9.0), Cost(1.5, 3.0))
    assert (row.ratio, row.cpu_ratio) == (4.0, 3.0)


def test_without_a_floor_there_is_no_ratio() -> None:
    row = Comparison("audit", Cost(6.0, 9.0))
    assert (row.ratio, row.cpu_ratio) == (None, None)


def test_the_report_shows_ratios_memory_growth_models_and_disagreement() -> None:
    report = Report(
        {"events_per_day": 20_000, "days": 90, "members": 5_000},
        {"cpus": 2, "load_before": 0.5, "load_after": 2.0},
        [Comparison("one more day, models", Cost(6.0, 9.0, 600 * 2**20), Cost(1.5, 3.0, 200 * 2**20)), Comparison("  audit", Cost(2.0))],
        [Growth(30, 123_456, 1.0, 2.0, 0.5, 10.0, 3.0)],
        {"one more day": {"mart_retention": 3.0, "dim_date": 1.0}},
        {"lifecycle": 0, "retention": 2},
    )
    text = render(report)
    assert "20,000 events a day, 90 days, 5,000 members; 2 CPUs, load 0.5 before and 2.0 after" in text
    assert "one more day, models    6.00     1.50   4.0x       3.0x      600       200" in text
    assert "  audit                 2.00\n" in text
    assert "30        123,456             1.00        2.00   0.50             10.00   3.00" in text
    assert "mart_retention  3.00    75%" in text
    assert "Line and floor differ: {'retention': 2}" in text
    assert json.loads(json.dumps(report.to_dict()))["comparisons"][0]["ratio"] == 4.0
