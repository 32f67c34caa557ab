"""What the rows of `stickiness_definitions.csv` must be beyond their cells: windows that exist and periods that fit into them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from community_metrics.errors import SettingsError

PERIODS_WITHIN = {"week": ("day",), "month": ("day", "week"), "range": ("day", "week", "month")}
CALENDAR = ("week", "month")


def check_stickiness(folder: Path, text: str) -> None:
    """Raises `SettingsError` naming the row. The cells by themselves have been checked."""
    windows: dict[str, tuple[str, str, str]] = {}
    reader = csv.DictReader(io.StringIO(text))
    for row in reader:
        wrong = _wrong_window(row)
        window = (row["window_kind"], row["first_date"], row["last_date"])
        if wrong is None and windows.setdefault(row["definition"], window) != window:
            wrong = ("definition", "has another window in an earlier row")
        if wrong is not None:
            column, what = wrong
            where = f"{folder / 'stickiness_definitions.csv'}, row {reader.line_num}, column {column}"
            raise SettingsError(f"{row[column]!r} {what}", where, "mend the row")


def _wrong_window(row: Mapping[str, str]) -> tuple[str, str] | None:
    """The column that is wrong and why, or None."""
    kind, first, last = row["window_kind"], row["first_date"], row["last_date"]
    if kind == "range":
        if not first or not last:
            return ("first_date" if not first else "last_date", "must be a date: a range has a first and a last one")
        if date.fromisoformat(first) > date.fromisoformat(last):
            return "last_date", f"lies before the first date {first}"
    elif first or last:
        return ("first_date" if first else "last_date", f"does not belong here: a calendar {kind} has dates of its own")
    if row["period_grain"] not in PERIODS_WITHIN[kind]:
        return "period_grain", f"does not fit into a {kind}"
    # The rows of the calendar week and month are public under these names and mean any activity.
    is_calendar = (kind, row["event"], row["minimum_occurrences"], row["maximum_occurrences"])
    if row["definition"] in CALENDAR and is_calendar != (row["definition"], "activity", "1", ""):
        return "definition", "is the name of the calendar window of any activity: choose another one"
    if row["maximum_occurrences"] and int(row["maximum_occurrences"]) < int(row["minimum_occurrences"]):
        return "maximum_occurrences", "is less than the minimum"
    return None
