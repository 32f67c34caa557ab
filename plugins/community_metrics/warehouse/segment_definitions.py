"""What the rows of `segment_definitions.csv` must be beyond their cells: every member in exactly one segment of each set."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from community_metrics.errors import SettingsError

# Each measure of a member at the end of a day, and the greatest bound that means something. A year of days is what is read at most.
MEASURES: Mapping[str, int] = {
    "ever_active": 1,
    "days_since_active": 365,
    "days_since_first_active": 3650,
    "days_since_joined": 3650,
    "days_idle": 365,
    "active_days_of_28": 28,
    "active_weeks_of_8": 8,
}


def check_segments(folder: Path, text: str) -> None:
    """Raises `SettingsError` naming the row. The cells by themselves have been checked."""
    positions: dict[tuple[str, str], str] = {}
    taken: dict[tuple[str, str], str] = {}
    rests: dict[str, int] = {}
    last: dict[str, int] = {}
    reader = csv.DictReader(io.StringIO(text))
    path = folder / "segment_definitions.csv"
    for row in reader:
        name, segment, position = row["segment_set"], row["segment"], row["position"]
        wrong = _wrong_condition(row)
        if wrong is None and positions.setdefault((name, segment), position) != position:
            wrong = ("position", f"is not that of {segment} in an earlier row")
        if wrong is None and taken.setdefault((name, position), segment) != segment:
            wrong = ("position", f"is taken by {taken[name, position]}")
        if wrong is not None:
            column, what = wrong
            raise SettingsError(f"{row[column]!r} {what}", f"{path}, row {reader.line_num}, column {column}", "mend the row")
        last[name] = max(last.get(name, 0), int(position))
        if not row["measure"]:
            rests[name] = int(position)
    for name, position in last.items():
        if rests.get(name) != position:
            raise SettingsError(
                f"the last segment of {name} has a condition",
                str(path),
                "end the set with a row without measure and bounds: it takes everybody whom no other segment takes",
            )


def _wrong_condition(row: Mapping[str, str]) -> tuple[str, str] | None:
    """The column that is wrong and why, or None."""
    measure, least, most = row["measure"], row["at_least"], row["at_most"]
    if not measure:
        return ("at_least" if least else "at_most", "is a bound of no measure") if least or most else None
    if not least and not most:
        return "measure", "wants a bound: at_least, at_most or both"
    if measure == "days_since_active" and not most:
        return "measure", "wants at_most: who was not active for long has no such number (days_idle has one)"
    for column, value in (("at_least", least), ("at_most", most)):
        if value and int(value) > MEASURES[measure]:
            return column, f"is more than {measure} can be used for: {MEASURES[measure]}"
    if least and most and int(least) > int(most):
        return "at_most", "is less than at_least"
    return None
