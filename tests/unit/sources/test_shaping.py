"""What a template says of single cells, across batches of rows."""

from __future__ import annotations

import pyarrow as pa

from community_metrics.sources.readers.shaping import FillDown, first_filled, shape
from community_metrics.sources.templates import TemplateColumn


def texts(*values: str | None) -> pa.StringArray:
    return pa.array(values, pa.string())


def test_rows_go_on_with_what_stands_above_in_an_earlier_batch() -> None:
    filler = FillDown()
    first = filler.fill([texts("1", "", "2"), texts("甲", None, ""), texts("5", "", "7")])
    assert [values.to_pylist() for values in first] == [["1", "1", "2"], ["甲", "甲", ""], ["5", "5", "7"]]
    second = filler.fill([texts("", "2", "3"), texts("", "", "乙"), texts(None, "", "")])
    assert [values.to_pylist() for values in second] == [["2", "2", "3"], ["", "", "乙"], ["7", "7", ""]]


def test_nothing_is_taken_over_by_another_thing() -> None:
    filled = FillDown().fill([texts("1", "2"), texts("2026-06-01", "")])
    assert filled[1].to_pylist() == ["2026-06-01", ""]


def test_rows_before_the_first_thing_stay_empty() -> None:
    assert FillDown().fill([texts("", "1"), texts("", "a")])[0].to_pylist() == [None, "1"]


def test_the_first_cell_that_says_something() -> None:
    cells = [texts("0", "", None, "a"), texts("x", "0", "y", "b"), texts("z", "z", "z", "z")]
    assert first_filled(cells, frozenset({"", "0"})).to_pylist() == ["x", "z", "y", "a"]


def test_a_word_for_the_empty_cell() -> None:
    column = TemplateColumn("status", headers=("时间",), values={"": "unpaid", "*": "paid"})
    assert shape(column, texts("2026-06-01", "", None)).to_pylist() == ["paid", "unpaid", "unpaid"]
