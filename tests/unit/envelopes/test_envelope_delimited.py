"""CSV: encodings, delimiters, headers in odd places, rows that do not fit."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from envelope_files import LIMITS, Open, Refusal
from hypothesis import given, settings
from hypothesis import strategies as st

from community_metrics.settings import Limits
from community_metrics.sources.envelopes import delimited, locate_duplicates, open_tables
from community_metrics.sources.envelopes.model import RawBatch
from community_metrics.sources.envelopes.records import iter_records

TEXT = "日期,新增\n2026-06-01,１２\n2026-06-02,\n"


def rows_of(batch: RawBatch) -> list[list[str | None]]:
    return [list(row) for row in zip(*(column.to_pylist() for column in batch.columns.columns), strict=True)]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(delimited, "BLOCK", 64)
    yield


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8-sig"),
        (TEXT.encode("gbk"), "gb18030"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_text_is_the_same_in_every_encoding(open_bytes: Open, content: bytes, encoding: str) -> None:
    envelope = open_bytes(content)
    assert (envelope.kind, envelope.encoding, len(envelope.tables)) == ("csv", encoding, 1)
    batch = envelope.tables[0].read()
    assert batch.columns.schema.names == ["日期", "新增"]
    assert rows_of(batch) == [["2026-06-01", "１２"], ["2026-06-02", ""]]
    assert batch.row_numbers.to_pylist() == [2, 3]
    assert batch.problems == []


def test_gbk_that_starts_long_after_the_head_is_read(open_bytes: Open) -> None:
    content = b"name,n\n" + b"plain,1\n" * 200_000 + "社群,2\n".encode("gbk")
    batch = open_bytes(content).tables[0].read()
    assert rows_of(batch)[-1] == ["社群", "2"]
    assert batch.row_numbers[-1].as_py() == 200_002


def test_damaged_utf8_is_not_taken_for_chinese(refusal: Refusal) -> None:
    error = refusal("标题,社群名称\n".encode() + b"a,\xff\n")
    assert error.reason_code == "unknown_encoding"
    assert "byte 22" in str(error)


def test_damage_names_its_byte_in_gbk(refusal: Refusal) -> None:
    content = "标题,n\n".encode("gbk") + b"x,1\n" * 400_000 + b"\xb1\xff,2\n"
    error = refusal(content)
    assert error.reason_code == "unknown_encoding"
    assert f"byte {len(content) - 5}" in str(error)


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 8, b"\0\1\2\3" * 100, b"a,b\n" + b"\x01\x02" * 50, "\ue000\ue001,\ue002\n".encode("gb18030") * 9]
)
def test_binary_data_is_no_text(refusal: Refusal, content: bytes) -> None:
    assert refusal(content).reason_code == "unknown_encoding"


def test_a_cut_last_character_is_truncation(refusal: Refusal) -> None:
    assert refusal("标题,名称\n社群,一二".encode()[:-1]).reason_code == "truncated"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_told_from_the_rows(open_bytes: Open, delimiter: str) -> None:
    lines = ["数据概况, 导出", delimiter.join("abc"), delimiter.join(["1", "x,y;z" if delimiter == "|" else "2", "3"])]
    table = open_bytes("\n".join(lines).encode()).tables[0]
    assert table.read(header_row=2).columns.schema.names == ["a", "b", "c"]


def test_a_delimiter_within_quotes_is_none(open_bytes: Open) -> None:
    assert rows_of(open_bytes(b'"h1","h2"\n"a","x;y;z"\n"b",";;"\n').tables[0].read()) == [["a", "x;y;z"], ["b", ";;"]]


def test_a_header_below_intro_lines_and_totals_of_another_width(open_bytes: Open) -> None:
    content = '数据来源概况\n\n渠道,阅读,"说\n明"\n公众号消息,1,x\n朋友圈,2,"y\nz"\n总阅读,3\n'
    table = open_bytes(content.encode()).tables[0]
    assert table.grid_head[:4] == [["数据来源概况"], [""], ["渠道", "阅读", "说\n明"], ["公众号消息", "1", "x"]]
    batch = table.read(header_row=3)
    assert rows_of(batch) == [["公众号消息", "1", "x"], ["朋友圈", "2", "y\nz"]]
    assert batch.row_numbers.to_pylist() == [4, 5]
    assert [(problem.row_no, problem.reason_code, problem.cells) for problem in batch.problems] == [(6, "ragged_row", ("总阅读", "3"))]


def test_blank_lines_count_but_are_no_rows(open_bytes: Open) -> None:
    batch = open_bytes(b"a,b\n\n1,2\n,\n\n3,4\n\n").tables[0].read()
    assert rows_of(batch) == [["1", "2"], ["3", "4"]]
    assert batch.row_numbers.to_pylist() == [3, 6]
    assert batch.problems == []


def test_rows_that_end_with_a_needless_delimiter_lose_nothing(open_bytes: Open) -> None:
    batch = open_bytes(b"a,b\n1,2,\n3,4\n5,6,,\n7,8,9\n").tables[0].read()
    assert rows_of(batch) == [["1", "2"], ["3", "4"], ["5", "6"]]
    assert batch.row_numbers.to_pylist() == [2, 3, 4]
    assert [problem.row_no for problem in batch.problems] == [5]


@pytest.mark.usefixtures("small_blocks")
def test_row_numbers_hold_across_blocks_and_batches(open_bytes: Open) -> None:
    lines = ["a,b"]
    for number in range(2, 400):
        lines.append({0: "lonely", 1: f"{number},mended,", 2: ""}.get(number % 7, f"{number},x"))
    table = open_bytes("\n".join(lines).encode()).tables[0]
    seen: list[int] = []
    problems: list[int] = []
    for batch in table.iter_batches(batch_rows=3):
        assert batch.columns.num_rows <= 6
        assert batch.columns.column(0).to_pylist() == [str(number) for number in batch.row_numbers.to_pylist()]
        seen += batch.row_numbers.to_pylist()
        problems += [problem.row_no for problem in batch.problems]
    assert seen == [number for number in range(2, 400) if number % 7 not in (0, 2)]
    assert problems == [number for number in range(2, 400) if number % 7 == 0]


@pytest.mark.parametrize("content", [b'a,b\n1,2\n3,"never closed\n4,5\n', b'a,b\n1,2\n"never,closed\n4,5\n', b'a,b\n1,2\n3,"x\n4'])
def test_a_quote_that_never_closes_swallows_no_rows_silently(refusal: Refusal, content: bytes) -> None:
    error = refusal(content)
    assert error.reason_code == "truncated"
    assert "row 3" in str(error)


@pytest.mark.usefixtures("small_blocks")
def test_a_record_larger_than_a_block_is_told_apart(refusal: Refusal) -> None:
    assert refusal(b'a,b\n1,2\n3,"' + b"x\n" * 500).reason_code == "truncated"


def test_a_cell_that_is_too_long_costs_only_its_row(open_bytes: Open) -> None:
    content = "a,b\n1,短\n2,".encode() + "长".encode() * 11 + b"\n3,4\n"
    batch = open_bytes(content, Limits(max_cell_characters=10)).tables[0].read()
    assert rows_of(batch) == [["1", "短"], ["3", "4"]]
    (problem,) = batch.problems
    assert (problem.row_no, problem.reason_code, problem.column) == (3, "cell_too_long", "b")


def test_quotes_guards_formulas_and_nothing_else_are_just_text(open_bytes: Open) -> None:
    content = 'id,text\n="4781320682406083641","say ""hi"""\n007,=cmd|\' /C calc\'!A0\nNULL,5" disk\n'
    batch = open_bytes(content.encode()).tables[0].read()
    assert rows_of(batch) == [['="4781320682406083641"', 'say "hi"'], ["007", "=cmd|' /C calc'!A0"], ["NULL", '5" disk']]


def test_header_texts_may_repeat_and_are_located(open_bytes: Open) -> None:
    batch = open_bytes(b"a,b,a ,\n1,2,3,4\n").tables[0].read()
    assert batch.columns.schema.names == ["a", "b", "a ", ""]
    assert rows_of(batch) == [["1", "2", "3", "4"]]
    assert locate_duplicates(batch.columns.schema.names) == {"a": [0, 2]}


@pytest.mark.parametrize("content", [b"a,b", b"a,b\n", b"a,b\r\n\r\n"])
def test_a_header_alone_is_a_table_without_rows(open_bytes: Open, content: bytes) -> None:
    batch = open_bytes(content).tables[0].read()
    assert (batch.columns.schema.names, batch.columns.num_rows) == (["a", "b"], 0)


@pytest.mark.parametrize("content", [b"", b" \n\t\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_nothing_is_an_empty_file(refusal: Refusal, content: bytes) -> None:
    assert refusal(content).reason_code == "empty_file"


def test_a_header_row_outside_the_head_is_a_mistake_of_the_caller(open_bytes: Open) -> None:
    with pytest.raises(ValueError, match="row 9"):
        next(open_bytes(b"a\n1\n").tables[0].iter_batches(header_row=9))


def test_a_file_whose_rows_do_not_fit_its_header_at_all_is_refused(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("community_metrics.sources.envelopes.batches.MAX_PROBLEMS", 10)
    assert refusal(b"a,b\n" + b"1\n" * 11).reason_code == "unreadable_envelope"


def test_a_gzip_of_csv_is_read_and_can_be_read_again(open_bytes: Open) -> None:
    content = gzip.compress(TEXT.encode("gbk")[:20]) + gzip.compress(TEXT.encode("gbk")[20:])
    envelope = open_bytes(content)
    assert (envelope.kind, envelope.compression) == ("csv", "gzip")
    assert envelope.tables[0].read().columns.num_rows == envelope.tables[0].read().columns.num_rows == 2


def test_a_gzip_bomb_a_cut_one_and_one_of_a_zip_are_refused(refusal: Refusal) -> None:
    assert refusal(gzip.compress(b"a,b\n" + b"0" * 3 * 2**20)).reason_code == "decompression_bomb"
    assert refusal(gzip.compress(TEXT.encode())[:-9]).reason_code == "truncated"
    assert refusal(gzip.compress(b"PK\x03\x04....")).reason_code == "unreadable_envelope"


def test_a_file_beyond_the_limit_is_not_opened(refusal: Refusal) -> None:
    assert refusal(b"a,b\n1,2\n", Limits(max_file_bytes=7)).reason_code == "too_large"


# Without the other delimiters: which one a file uses is told by its looks, and these files look like nothing usual.
_cells = st.text(st.sampled_from('ab,"\n\r数 '), max_size=6)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(_cells, min_size=2, max_size=3), min_size=1, max_size=8))
def test_what_a_csv_writer_writes_is_read_back(rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([["h1", "h2"], *rows])
    assert [record.cells for record in iter_records(buffer.getvalue(), ",")] == [["h1", "h2"], *rows]
    path = Path(tmp_path_factory.mktemp("csv")) / "x"
    path.write_bytes(buffer.getvalue().encode())
    table = open_tables(path, "x", LIMITS).tables[0]
    batch = table.read()
    expected = [(number, row[:2]) for number, row in enumerate(rows, 2) if any(row) and not any(row[2:])]
    assert list(zip(batch.row_numbers.to_pylist(), rows_of(batch), strict=True)) == expected
    assert [problem.row_no for problem in batch.problems] == [number for number, row in enumerate(rows, 2) if any(row[2:])]
