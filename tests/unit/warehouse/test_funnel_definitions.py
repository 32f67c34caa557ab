"""A mistake in the funnels' files is named with file, row and column before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_metrics.errors import SettingsError
from community_metrics.warehouse.definitions import read_definitions

FILES = {
    "funnel_definitions": ["definition,name_en,name_zh,window_length,window_unit,step_order", "f,F,漏斗,7,day,ordered"],
    "funnel_steps": [
        "definition,step_index,name_en,name_zh,event,event_filter",
        "f,1,Read,阅读,content_open,",
        "f,2,Shared,分享,share,spring",
        "f,3,Bought,下单,purchase,",
    ],
    "funnel_exclusions": ["definition,from_step,to_step,event,event_filter", "f,1,3,leave,"],
    "event_filters": ["event_filter,field,operator,value", "spring,campaign_id,is,spring|autumn", "spring,properties.place,is_set,"],
}


def write(folder: Path, file: str, row: int, line: str) -> None:
    """The files, with a line of one of them changed or added."""
    for name, lines in FILES.items():
        changed = [*lines[: row - 1], line, *lines[row:]] if name == file else lines
        (folder / f"{name}.csv").write_text("\n".join(changed) + "\n", encoding="utf-8")


def test_sound_files_are_taken(tmp_path: Path) -> None:
    write(tmp_path, "funnel_definitions", 2, FILES["funnel_definitions"][1])
    assert read_definitions(tmp_path)["funnel_steps.csv"].count("\n") == 4


@pytest.mark.parametrize(
    ("file", "row", "line", "wrong", "column"),
    [
        ("funnel_definitions", 2, "f,F,漏斗,0,day,ordered", "must be a positive whole number", "window_length"),
        ("funnel_definitions", 2, "f,F,漏斗,7,fortnight,ordered", "must be one of second", "window_unit"),
        ("funnel_definitions", 2, "f,F,漏斗,7,day,loose", "must be one of ordered, strict, unordered", "step_order"),
        ("funnel_definitions", 3, "g,G,漏斗,7,day,ordered", "'g' has no steps", "definition"),
        ("funnel_steps", 2, "g,1,Read,阅读,content_open,", "unknown funnel 'g'", "definition"),
        ("funnel_steps", 3, "f,4,Shared,分享,share,", "a step before 4 is missing", "step_index"),
        ("funnel_steps", 3, "f,11,Shared,分享,share,", "11 steps", "step_index"),
        ("funnel_steps", 3, "f,1,Shared,分享,share,", "step 1 has two names", "name_en"),
        ("funnel_steps", 3, "f,2,Shared,分享,sahre,", "unknown event 'sahre'", "event"),
        ("funnel_steps", 3, "f,2,Shared,分享,share,summer", "unknown filter 'summer'", "event_filter"),
        ("funnel_steps", 4, "f,3,Bought,下单,purchase,spring", "a purchase has no campaign_id", "event_filter"),
        ("funnel_steps", 4, "f,3,Joined,入群,join,spring", "a join has no campaign_id", "event_filter"),
        ("funnel_exclusions", 2, "g,1,3,leave,", "unknown funnel 'g'", "definition"),
        ("funnel_exclusions", 2, "f,3,3,leave,", "steps 3 to 3 of a funnel with 3", "to_step"),
        ("funnel_exclusions", 2, "f,2,4,leave,", "steps 2 to 4 of a funnel with 3", "to_step"),
        ("event_filters", 2, "spring,nickname,is,Ann", "unknown field 'nickname'", "field"),
        ("event_filters", 2, "spring,\"properties.a\"\"b\",is,Ann", "unknown field", "field"),
        ("event_filters", 2, "spring,campaign_id,like,s%", "must be one of is, is_not", "operator"),
        ("event_filters", 3, "spring,properties.place,is_set,here", "is_set compares with nothing", "value"),
        ("event_filters", 3, "spring,value,greater,a lot", "'a lot' is no number", "value"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(tmp_path: Path, file: str, row: int, line: str, wrong: str, column: str) -> None:
    write(tmp_path, file, row, line)
    with pytest.raises(SettingsError) as raised:
        read_definitions(tmp_path)
    assert wrong in str(raised.value)
    assert f"{file}.csv, row {row}, column {column}" in str(raised.value)
