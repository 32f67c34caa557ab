"""Whole columns: other kinds, nulls, flags, and the law that a short cut has no meaning of its own."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from community_metrics.sources.grammar import ColumnType, interpret, normalise
from community_metrics.sources.grammar.vectorised import short_cut

COLUMNS = [
    ColumnType("integer"),
    ColumnType("integer", allow_negative=False),
    ColumnType("integer", minimum=Decimal(-5), maximum=Decimal(5000)),
    ColumnType("integer", null_tokens=frozenset({"0", "-1"})),
    ColumnType("decimal"),
    ColumnType("decimal", minimum=Decimal("0.1"), maximum=Decimal("1000.25")),
    ColumnType("decimal", maximum=Decimal("0.1234567890123456789")),
    ColumnType("fraction", unit="percent"),
    ColumnType("seconds"),
    ColumnType("amount"),
    ColumnType("amount", unit="fen"),
    ColumnType("date"),
    ColumnType("date", null_tokens=frozenset({"2026-06-01"})),
    ColumnType("instant", zone="Asia/Shanghai"),
    ColumnType("instant", zone="America/New_York"),
    ColumnType("instant", zone="Europe/London", formats=("%Y-%d-%m",)),
    ColumnType("instant", unit="unix_seconds"),
    ColumnType("instant", unit="unix_milliseconds"),
    ColumnType("id"),
    ColumnType("text"),
    ColumnType("boolean"),
    ColumnType("json"),
]

_numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,19}|0[0-9]{1,3})(\.[0-9]{0,14})?", fullmatch=True)
_two = st.integers(0, 61).map("{:02d}".format)
_offsets = st.sampled_from(["", "Z", "+08:00", "-0430", "+00:00", "+23:59", "+24:00", "+08", " "])
_iso = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    st.sampled_from(["1999", "2000", "2026", "2028", "2099", "2100", "2101"]),
    st.integers(0, 13).map("{:02d}".format),
    st.integers(0, 32).map("{:02d}".format),
    st.sampled_from(["T", " ", "t", "  "]),
    st.integers(0, 25).map("{:02d}".format),
    _two,
    _two,
    st.sampled_from(["", ".5", ".123456", ".1234567", "."]),
    _offsets,
)
_loose = st.builds(
    "2026{0}{2}{0}{3} {4}:{5}{1}".format,
    st.sampled_from(["/", "-", "."]),
    st.sampled_from(["", ":7", ":59", ":60", " "]),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 25),
    st.integers(0, 61),
)
_spoken = st.builds(
    "2026年{}月{}日{}".format,
    st.integers(0, 13),
    st.integers(0, 32).map("{:02d}".format),
    st.sampled_from(["", "17时33分05秒", " 16:41:25", " 16:41", "17时33分", " 17时3分5秒"]),
)
_days = st.builds("{}-{:02d}-{:02d}".format, st.sampled_from([1999, 2000, 2026, 2028, 2100, 2101]), st.integers(0, 13), st.integers(0, 32))
_unix = st.integers(0, 10**14).map(str)
_marked = st.builds(
    "{}{}{}".format, st.sampled_from(['="', "'", "`", " ", "¥", "", "("]), _numbers, st.sampled_from(['"', "%", "万", "+", "秒", "", ")"])
)
_plain_text = st.text(st.sampled_from("ab Z09'`\"=,，。社群\t\n\u200b\u00a0-—/%{}[]:.eE+@_|!&~"), max_size=12)
_tokens = st.sampled_from(
    ["", "-", "--", "N/A", "null", "none", "4.78132E+18", "47813206824060836411.0", "true", "是", "{}", "NaN", "0", "-0", "-1"]
)
_values = st.one_of(_numbers, _iso, _loose, _spoken, _days, _unix, _marked, _plain_text, _tokens, st.none())


@pytest.mark.parametrize("column", COLUMNS, ids=str)
@settings(max_examples=150, deadline=None)
@given(values=st.lists(_values, max_size=20))
def test_a_whole_column_means_what_its_values_mean_one_by_one(column: ColumnType, values: list[str | None]) -> None:
    outcome = normalise(pa.array(values, pa.string()), column)
    alone = [interpret(value, column) if value is not None else None for value in values]
    assert outcome.values.to_pylist() == [one.value if one else None for one in alone]
    assert outcome.reasons.to_pylist() == [one.reason if one else None for one in alone]
    assert outcome.rounded.to_pylist() == [one.is_rounded if one else False for one in alone]


_alike = st.builds(
    lambda moments, form, offset: [moment.strftime(form) + offset for moment in moments],
    st.lists(st.datetimes(datetime(1999, 12, 30), datetime(2101, 1, 2)), min_size=1, max_size=8)
    | st.lists(st.datetimes(datetime(2026, 3, 7), datetime(2026, 3, 30)), min_size=1, max_size=8)
    | st.lists(st.datetimes(datetime(2026, 10, 24), datetime(2026, 11, 3)), min_size=1, max_size=8),
    st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]),
    _offsets,
)
_ids_alike = st.lists(st.from_regex("[0-9]{1,4}", fullmatch=True)) | st.lists(
    st.from_regex("[a-zN@_0-9][a-zAE0-9@|(.:+-]{0,4}", fullmatch=True)
)


@pytest.mark.parametrize("column", [column for column in COLUMNS if column.kind in ("instant", "id")], ids=str)
@settings(max_examples=150, deadline=None)
@given(values=_alike | _ids_alike)
@example(values=["1999-12-30 00:00:00", "2038-04-01 00:00:00"])
def test_columns_written_alike_mean_what_their_values_mean_one_by_one(column: ColumnType, values: list[str]) -> None:
    outcome = normalise(pa.array(["cut off", *values], pa.string())[1:], column)
    alone = [interpret(value, column) for value in values]
    assert outcome.values.to_pylist() == [one.value for one in alone]
    assert outcome.reasons.to_pylist() == [one.reason for one in alone]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (ColumnType("integer"), "12345"),
        (ColumnType("decimal"), "-12.50"),
        (ColumnType("amount", minimum=Decimal(0)), "12.5"),
        (ColumnType("instant"), "2026-06-01T10:20:30+08:00"),
        (ColumnType("instant", zone="Asia/Shanghai"), "2026-06-01 10:20:30"),
        (ColumnType("instant", zone="Asia/Shanghai"), "2026-06-01 10:20:30.25"),
        (ColumnType("instant", zone="Asia/Shanghai"), "2026/6/1 9:05"),
        (ColumnType("instant", unit="unix_seconds"), "1458208082"),
        (ColumnType("date"), "2026-06-01"),
        (ColumnType("id"), "wmAbC-9_x"),
        (ColumnType("text"), "社群 消息，第1条。"),
    ],
)
def test_canonical_forms_take_the_short_cut(column: ColumnType, text: str) -> None:
    assert short_cut(pa.array([text]), column).taken.to_pylist() == [True]


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("4781320682406083641", "4781320682406083641", None),
        ('="4781320682406083641"', "4781320682406083641", None),
        ('"4781320682406083641"', "4781320682406083641", None),
        ("`4200001", "4200001", None),
        ("'0012", "0012", None),
        ("4781320682406083641\t", "4781320682406083641", None),
        ("wmAbC", "wmAbC", None),
        ("export/UzFf", "export/UzFf", None),
        ("-", None, None),
        ("NULL", None, None),
        ("4.78132E+18", None, "too_precise_id"),
        ("4.781320682406084e18", None, "too_precise_id"),
        ("4781320682406083584.0", None, "too_precise_id"),
        ("12e4", "12e4", None),
    ],
)
def test_an_id_keeps_every_character_or_is_refused(text: str, value: str | None, reason: str | None) -> None:
    outcome = normalise(pa.array([text]), ColumnType("id"))
    assert (outcome.values.to_pylist(), outcome.reasons.to_pylist()) == ([value], [reason])


def test_free_text_keeps_dashes_quotes_and_inner_space() -> None:
    texts = ["-", " “引号” ", "'tis", '="="', "`商品", "上岗  正文", "=cmd|' /C calc'!A0", ""]
    outcome = normalise(pa.array(texts), ColumnType("text"))
    assert outcome.values.to_pylist() == ["-", "“引号”", "'tis", "=", "商品", "上岗  正文", "=cmd|' /C calc'!A0", None]


def test_booleans_and_json_are_checked() -> None:
    booleans = normalise(pa.array(["TRUE", "0", "是", "否", "maybe", ""]), ColumnType("boolean"))
    assert booleans.values.to_pylist() == ["true", "false", "true", "false", None, None]
    assert booleans.reasons.to_pylist() == [None, None, None, None, "not_a_boolean", None]
    documents = normalise(pa.array(['{"a": 1.10}', "{", "[" * 100_000, "[Infinity]", "1" * 10_000]), ColumnType("json"))
    assert documents.values.to_pylist() == ['{"a": 1.10}', None, None, None, "1" * 10_000]
    assert documents.reasons.to_pylist() == [None, "not_json", "not_json", "not_json", None]


def test_rounded_figures_are_flagged_and_only_they() -> None:
    outcome = normalise(pa.array(["1.2万", "12000", None, "1万+", "x"]), ColumnType("integer"))
    assert outcome.rounded.to_pylist() == [True, False, False, True, False]


def test_nulls_chunks_dictionaries_and_empty_columns_pass() -> None:
    column = ColumnType("integer")
    assert normalise(pa.chunked_array([["1"], [None, "x"]]), column).values.to_pylist() == ["1", None, None]
    assert normalise(pa.array(["7", None, "7", "x"]).dictionary_encode(), column).reasons.to_pylist() == [None, None, None, "not_a_number"]
    assert normalise(pa.array(["7", None]).dictionary_encode(), column).rounded.to_pylist() == [False, False]
    assert normalise(pa.nulls(2, pa.string()), column).values.to_pylist() == [None, None]
    assert len(normalise(pa.array([], pa.string()), column).values) == 0
    assert len(normalise(pa.chunked_array([], pa.string()), column).values) == 0
