"""A wrong row of `segment_definitions.csv` is named with file, row and column before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_metrics.errors import SettingsError
from community_metrics.warehouse.definitions import read_definitions

HEADER = "segment_set,segment,position,measure,at_least,at_most,reason\n"
REST = "habit,rest,9,,,,everybody else\n"


def declare(folder: Path, *rows: str, rest: str = REST) -> Path:
    (folder / "segment_definitions.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows) + rest, encoding="utf-8")
    return folder


def test_several_conditions_make_one_segment(tmp_path: Path) -> None:
    rows = ("habit,core,1,active_days_of_28,12,,three days a week", "habit,core,1,days_since_joined,30,,no newcomers")
    assert rows[1] in read_definitions(declare(tmp_path, *rows))["segment_definitions.csv"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["habit,core,1,days_since_active,,,x"], r"wants a bound: .*row 2, column measure"),
        (["habit,core,1,days_since_active,3,,x"], r"'days_since_active' wants at_most"),
        (["habit,core,1,days_idle,9,3,x"], r"'3' is less than at_least - .*column at_most"),
        (["habit,core,1,active_weeks_of_8,9,,x"], r"'9' is more than active_weeks_of_8 can be used for: 8"),
        (["habit,core,1,,3,,x"], r"'3' is a bound of no measure - .*column at_least"),
        (["habit,core,1,mood,3,,x"], r"'mood' must be one of ever_active, .*column measure"),
        (["habit,core,1,days_idle,3.5,,x"], r"'3.5' must be a whole number"),
        (["habit,core,1,days_idle,3,,"], r"'' must not be empty - .*column reason"),
        (["habit,Core Users,1,days_idle,3,,x"], r"'Core Users' must be a name in lower case .*column segment"),
        (["habit,core,1,days_idle,3,,x", "habit,core,2,ever_active,1,,x"], r"'2' is not that of core in an earlier row - .*row 3"),
        (["habit,core,1,days_idle,3,,x", "habit,other,1,ever_active,1,,x"], r"'1' is taken by core - .*row 3, column position"),
        (["habit,core,1,days_idle,3,,x", "habit,core,1,days_idle,4,,x"], r"habit/core/days_idle stands already in row 2"),
        (["habit,core,10,days_idle,3,,x"], r"the last segment of habit has a condition"),
    ],
)
def test_a_condition_that_is_none_is_refused(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_definitions(declare(tmp_path, *rows))


def test_a_set_without_a_rest_would_leave_somebody_out(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"the last segment of habit has a condition - .* - end the set with a row without measure"):
        read_definitions(declare(tmp_path, "habit,core,1,days_idle,,3,x", rest=""))
