"""Every form in which exports write numbers, by literal expectation."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from community_metrics.sources.grammar import ColumnType, Number, ValueProblem, interpret, normalise, parse_number


@pytest.mark.parametrize(
    ("text", "value", "is_rounded"),
    [
        ("1234", "1234", False),
        ("1,234", "1234", False),
        ("10,052,301.5", "10052301.5", False),
        ("1.2万", "12000", True),
        ("3,481.92万", "34819200", True),
        ("2亿", "200000000", True),
        ("1万+", "10000", True),
        ("999+", "999", True),
        ("10w", "100000", True),
        ("1.5k", "1500", True),
        ("3.5星", "3.5", False),
        ('="1,234"', "1234", False),
        ("'42", "42", False),
        ("`0.01", "0.01", False),
        ("  7\t", "7", False),
        ("\ufeff7", "7", False),
        ("１，２３４．５", "1234.5", False),
        ("¥12.30", "12.30", False),
        ("￥-12.30", "-12.30", False),
        ("-¥12.30", "-12.30", False),
        ("(1,234)", "-1234", False),
        ("（¥5）", "-5", False),
        ("－３", "-3", False),
        ("−3", "-3", False),
        ("+3", "3", False),
        (".5", "0.5", False),
        ("1.8947E-02", "0.018947", False),
        ("2.5e3", "2500", False),
    ],
)
def test_a_number_is_read_exactly(text: str, value: str, is_rounded: bool) -> None:
    assert parse_number(text) == Number(Decimal(value), is_rounded)


@pytest.mark.parametrize("text", ["", " ", "-", "--", "—", "/", "N/A", '=""', "－", "null", "NaN", "\\N"])
def test_what_means_not_available_is_null_and_never_zero(text: str) -> None:
    assert parse_number(text) is None
    assert interpret(text, ColumnType("integer")).value is None
    assert interpret(text, ColumnType("integer")).reason is None


@pytest.mark.parametrize(
    "text", ["1,23", "1,2345", "1.2.3", "万", "1 2", "--3", "+-3", "(-3)", "(3", "3)", "12%", "5元", "abc", "0x10", "1²", "①", "5.", "١٢"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not_a_number"):
        parse_number(text)


@pytest.mark.parametrize("text", ["1e999", "1e-999", "9" * 41, "1e99亿"])
def test_a_number_beyond_all_measure_costs_nothing_and_is_refused(text: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse_number(text)
    assert caught.value.reason == "out_of_range"


@pytest.mark.parametrize(
    ("column", "text", "value", "reason"),
    [
        (ColumnType("fraction"), "0.018947", "0.018947", None),
        (ColumnType("fraction"), "0.85", "0.85", None),
        (ColumnType("fraction"), "0.85%", "0.0085", None),
        (ColumnType("fraction"), "12.3%", "0.123", None),
        (ColumnType("fraction"), "１２．３％", "0.123", None),
        (ColumnType("fraction", unit="percent"), "0.85", "0.0085", None),
        (ColumnType("fraction", unit="percent"), "12.3%", "0.123", None),
        (ColumnType("fraction", unit="percent"), "100", "1", None),
        (ColumnType("fraction"), "5‰", "0.005", None),
        (ColumnType("fraction"), "¥5", None, "not_a_number"),
        (ColumnType("seconds"), "14.73秒", "14.73", None),
        (ColumnType("seconds"), "1分20秒", "80", None),
        (ColumnType("seconds"), "1小时2分3秒", "3723", None),
        (ColumnType("seconds"), "2分钟", "120", None),
        (ColumnType("seconds"), "00:01:20", "80", None),
        (ColumnType("seconds"), "01:20", "80", None),
        (ColumnType("seconds"), "００：０１：２０", "80", None),
        (ColumnType("seconds"), "80", "80", None),
        (ColumnType("seconds", unit="minutes"), "1.5", "90", None),
        (ColumnType("seconds", unit="minutes"), "1.5秒", "1.5", None),
        (ColumnType("seconds", unit="milliseconds"), "1500", "1.5", None),
        (ColumnType("seconds"), "1500ms", "1.5", None),
        (ColumnType("seconds"), "12%", None, "not_a_duration"),
        (ColumnType("seconds"), "秒", None, "not_a_duration"),
        (ColumnType("seconds"), "00:01:99", None, "not_a_duration"),
        (ColumnType("amount"), "¥1,234.50", "1234.5", None),
        (ColumnType("amount"), "12.30元", "12.3", None),
        (ColumnType("amount"), "1.2万元", "12000", None),
        (ColumnType("amount", unit="fen"), "123", "1.23", None),
        (ColumnType("amount", unit="fen"), "-5", "-0.05", None),
        (ColumnType("amount", unit="fen"), "¥1.23", None, "unit_conflict"),
        (ColumnType("amount", unit="fen"), "1.23元", None, "unit_conflict"),
        (ColumnType("integer"), "12.0", "12", None),
        (ColumnType("integer"), "1.2万", "12000", None),
        (ColumnType("integer"), "12.5", None, "not_an_integer"),
        (ColumnType("integer"), "12.5%", None, "not_a_number"),
        (ColumnType("decimal"), "007.50", "7.5", None),
        (ColumnType("decimal"), "-0.0", "0", None),
        (ColumnType("decimal"), "1E+3", "1000", None),
        (ColumnType("integer", allow_negative=False), "-21", None, "negative"),
        (ColumnType("integer", allow_negative=True), "-21", "-21", None),
        (ColumnType("integer", allow_negative=False), "-0", "0", None),
        (ColumnType("fraction", maximum=Decimal(1)), "1.01", None, "out_of_range"),
        (ColumnType("fraction", maximum=Decimal(1)), "100%", "1", None),
        (ColumnType("decimal", minimum=Decimal("0.1")), "0.1", "0.1", None),
        (ColumnType("decimal", minimum=Decimal("0.1")), "0.09999999999999999999", None, "out_of_range"),
    ],
)
def test_a_value_goes_by_its_declared_unit(column: ColumnType, text: str, value: str | None, reason: str | None) -> None:
    outcome = normalise(pa.array([text]), column)
    assert (outcome.values.to_pylist(), outcome.reasons.to_pylist()) == ([value], [reason])


@pytest.mark.parametrize(
    "arguments", [{"kind": "number"}, {"kind": "integer", "unit": "percent"}, {"kind": "instant", "zone": "Mars/Base"}]
)
def test_a_column_type_that_makes_no_sense_is_refused(arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"unknown|no unit"):
        ColumnType(**arguments)  # type: ignore[arg-type]
