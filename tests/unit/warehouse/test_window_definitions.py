"""A wrong row of `stickiness_definitions.csv` is named with file, row and column before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_metrics.errors import SettingsError
from community_metrics.warehouse.definitions import read_definitions

HEADER = "definition,event,window_kind,first_date,last_date,period_grain,minimum_occurrences,maximum_occurrences\n"
BUILT_IN = "week,activity,week,,,day,1,\n"


def declare(folder: Path, row: str) -> Path:
    (folder / "stickiness_definitions.csv").write_text(HEADER + BUILT_IN + row + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "row",
    [
        "singles_day,activity,range,2026-10-20,2026-11-11,day,1,",
        "singles_day,check_in,range,2026-10-20,2026-10-20,month,2,2",
        "speaking,message,week,,,day,1,",
        "month,activity,month,,,week,1,",
    ],
)
def test_windows_of_the_calendar_and_of_a_range_are_taken(tmp_path: Path, row: str) -> None:
    assert row in read_definitions(declare(tmp_path, row))["stickiness_definitions.csv"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,activity,range,2026-10-20,,day,1,", r"must be a date: a range has .*row 3, column last_date"),
        ("x,activity,range,2026-10-20,2026-10-19,day,1,", r"lies before the first date 2026-10-20 - .*column last_date"),
        ("x,activity,range,soon,2026-10-19,day,1,", r"'soon' must be a date .*row 3, column first_date"),
        ("x,activity,week,2026-10-20,,day,1,", r"does not belong here: a calendar week .*column first_date"),
        ("x,activity,week,,,week,1,", r"'week' does not fit into a week - .*column period_grain"),
        ("x,activity,month,,,month,1,", r"does not fit into a month"),
        ("x,activity,month,,,day,3,2", r"'2' is less than the minimum - .*column maximum_occurrences"),
        ("x,activity,month,,,day,0,", r"must be a positive whole number .*column minimum_occurrences"),
        ("month,message,month,,,day,1,", r"'month' is the name of the calendar window .*column definition"),
        ("month,activity,range,2026-10-01,2026-10-31,day,1,", r"is the name of the calendar window"),
        ("week,activity,week,,,day,1,", r"week/day stands already in row 2"),
        ("x,activity,day,,,day,1,", r"'day' must be one of week, month, range"),
    ],
)
def test_a_window_that_is_none_is_refused(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_definitions(declare(tmp_path, row))


def test_one_name_is_one_window(tmp_path: Path) -> None:
    rows = "x,activity,range,2026-10-01,2026-10-05,day,1,\nx,activity,range,2026-10-01,2026-10-06,week,1,"
    with pytest.raises(SettingsError, match=r"'x' has another window in an earlier row - .*row 4, column definition"):
        read_definitions(declare(tmp_path, rows))
