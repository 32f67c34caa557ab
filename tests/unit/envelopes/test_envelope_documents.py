"""JSON documents, JSON Lines and Parquet: every value as the text that it is in the file."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from envelope_files import LIMITS, Open, Refusal, parquet

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes import columnar, json_lines, load_json_document, parse_json_document


def refused_document(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse_json_document(content, "page.json")
    assert "page.json" in str(caught.value)
    return caught.value.reason_code


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_numbers_of_a_document_stay_text(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "page"
    text = mark + '{"id": 4781320682406083641, "rate": 1.10, "big": 1E400, "ok": true, "none": null, "list": [7]}'
    expected = {"id": "4781320682406083641", "rate": "1.10", "big": "1E400", "ok": True, "none": None, "list": ["7"]}
    for content in (text.encode(), gzip.compress(text.encode())):
        path.write_bytes(content)
        assert load_json_document(path, LIMITS) == expected
    assert parse_json_document(text.lstrip("\ufeff").encode("utf-16"), "x") == expected


def test_the_defects_of_telegram_exports_are_mended() -> None:
    content = (
        b'{"messages": [{"text": "bell \\x07 and \\\\x07 stay", "path": "C:\\\\\\x0b"},\n'
        b'  {"text": "line\\u2028\x80\xa8end",\n   "document_id": video_files/sticker (2).webm\n  },\n'
        b'  {"document_id": stickers/a.webp,\n   "id": 5}]}'
    )
    assert parse_json_document(content, "result.json") == {
        "messages": [
            {"text": "bell \x07 and \\x07 stay", "path": "C:\\\x0b"},
            {"text": "line\u2028end", "document_id": "video_files/sticker (2).webm"},
            {"document_id": "stickers/a.webp", "id": "5"},
        ]
    }


def test_a_sound_document_is_not_mended() -> None:
    assert parse_json_document(b'{"a": "\\\\x41 \\"document_id\\": x"}', "x") == {"a": '\\x41 "document_id": x'}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"messages": [{"id": 1}, {"id"', "truncated"),
        (b'{"messages": ["abc', "truncated"),
        ('{"a": "社'.encode()[:-1], "truncated"),
        (b'{"a": \xff}', "unknown_encoding"),
        (b"  \n", "empty_file"),
        (b'{"a": 1,}', "unreadable_envelope"),
        (b'{"a": NaN}', "unreadable_envelope"),
        (b"[" * 200_000, "unreadable_envelope"),
    ],
)
def test_a_broken_document_says_how(content: bytes, reason: str) -> None:
    assert refused_document(content) == reason


def test_a_document_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page"
    path.write_bytes(b'{"a": "' + b"x" * 100 + b'"}')
    with pytest.raises(InputError, match="too much"):
        load_json_document(path, Limits(max_file_bytes=50))


@pytest.mark.parametrize(
    ("content", "kind", "tables"),
    [
        (b'{"a": 1}\n{"a": 2}\n', "jsonl", 1),
        (b'{"errcode": 0, "list": []}', "json", 1),
        (b'{\n "a": 1\n}', "json", 0),
        (b'[{"a": 1}]', "json", 1),
        (b'[{"a": 1', "json", 0),
        (b"[[1]]", "json", 0),
        (b"\xef\xbb\xbf [\n1]", "json", 0),
        (b'{"a": "\\x01", "b":\n"\x80"}', "json", 0),
        (b"[id],name\n1,2\n", "csv", 1),
        (b"{x},name\n1,2\n", "csv", 1),
    ],
)
def test_lines_documents_and_csv_are_told_apart(open_bytes: Open, content: bytes, kind: str, tables: int) -> None:
    envelope = open_bytes(content)
    assert (envelope.kind, len(envelope.tables)) == (kind, tables)


def test_json_lines_become_columns_of_text(open_bytes: Open) -> None:
    lines = [
        '{"id": 4781320682406083641, "amount": 1.10, "is_new": true, "name": "社群", "none": null}',
        "",
        '{"id": "x", "properties": {"n": 1.10, "l": [1, "\\"", null], "e": {}}, "amount": 12E3}\r',
        '{"broken": ',
        "[1]",
        '{"late": "", "id": 5} ',
    ]
    table = open_bytes("\n".join(lines).encode()).tables[0]
    assert (table.kind, table.header_is_known, table.first_row_no) == ("jsonl", True, 0)
    assert table.grid_head[:2] == [
        ["id", "amount", "is_new", "name", "none", "properties", "late"],
        ["4781320682406083641", "1.10", "true", "社群", None, None, None],
    ]
    batch = table.read()
    assert batch.columns.to_pydict() == {
        "id": ["4781320682406083641", "x", "5"],
        "amount": ["1.10", "12E3", None],
        "is_new": ["true", None, None],
        "name": ["社群", None, None],
        "none": [None, None, None],
        "properties": [None, '{"n":1.10,"l":[1,"\\"",null],"e":{}}', None],
        "late": [None, None, ""],
    }
    assert batch.row_numbers.to_pylist() == [1, 3, 6]
    assert [(problem.row_no, problem.reason_code) for problem in batch.problems] == [(4, "malformed_row"), (5, "malformed_row")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_of_objects_is_a_table(open_bytes: Open, encoding: str, indent: int | None) -> None:
    rows = [{"id": 4781320682406083641, "amount": 1.5, "name": "社群"}, 7, {"id": "x", "tags": [1, None, {"k": 2.50}], "late": True}]
    envelope = open_bytes(json.dumps(rows, indent=indent, ensure_ascii=False).encode(encoding))
    [table] = envelope.tables
    assert (envelope.kind, table.kind, table.header_is_known, table.first_row_no) == ("json", "json", True, 0)
    assert table.grid_head[0] == ["id", "amount", "name", "tags", "late"]
    batch = table.read()
    assert batch.columns.to_pydict() == {
        "id": ["4781320682406083641", "x"],
        "amount": ["1.5", None],
        "name": ["社群", None],
        "tags": [None, '[1,null,{"k":2.5}]'],
        "late": [None, "true"],
    }
    assert batch.row_numbers.to_pylist() == [1, 3]
    assert [(problem.row_no, problem.reason_code, problem.cells) for problem in batch.problems] == [(2, "malformed_row", ("7",))]


def test_an_array_is_read_in_bounded_pieces_and_its_damage_said_in_time(open_bytes: Open) -> None:
    sound = json.dumps([{"a": number, "b": "x" * 90} for number in range(40_000)]).encode()
    batches = [batch.columns.num_rows for batch in open_bytes(sound).tables[0].iter_batches(batch_rows=15_000)]
    assert batches == [15_000, 15_000, 10_000]
    with pytest.raises(InputError) as caught:
        open_bytes(sound[:-100]).tables[0].read()
    assert caught.value.reason_code == "truncated"


def test_a_key_that_appears_late_is_a_column_from_then_on(open_bytes: Open) -> None:
    table = open_bytes(b'{"a": 1}\n' * 1500 + b'{"a": 2, "b": 3}\n{"a": 4}\n').tables[0]
    widths = [batch.columns.num_columns for batch in table.iter_batches(batch_rows=1000)]
    assert widths == [1, 2]
    assert table.read().columns.column(1).to_pylist()[-2:] == ["3", None]


def test_bottomless_lines_and_endless_ones_are_contained(open_bytes: Open, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = b'{"a": 1}\n{"a": ' + b"[" * 100_000 + b"}\n"
    assert [problem.reason_code for problem in open_bytes(deep).tables[0].read().problems] == ["malformed_row"]
    for depth in range(300, 1000, 50):
        line = b'{"a": 1}\n{"a": ' + b"[" * depth + b"]" * depth + b"}\n"
        assert open_bytes(line).tables[0].read().row_numbers[0].as_py() == 1
    monkeypatch.setattr(json_lines, "MAX_LINE", 1000)
    assert refusal(b'{"a": 1}\n{"a": "' + b"x" * 2_000_000).reason_code == "cell_too_long"


def test_half_a_character_costs_only_itself(open_bytes: Open) -> None:
    lines = '{"text": "a\\ud83d b", "\\udc00": "x"}\n{"text": "\\ud83d\\udc4d"}\n'
    batch = open_bytes(lines.encode()).tables[0].read()
    assert batch.columns.to_pydict() == {"text": ["a? b", "👍"], "?": ["x", None]}


def test_gbk_json_lines_are_read(open_bytes: Open) -> None:
    envelope = open_bytes('{"名称": "社群"}\n{"名称": "消息"}\n'.encode("gbk"))
    assert envelope.encoding == "gb18030"
    assert envelope.tables[0].read().columns.to_pydict() == {"名称": ["社群", "消息"]}


def test_parquet_columns_become_text_without_loss(open_bytes: Open) -> None:
    columns: dict[str, Any] = {
        "id": pa.array([4781320682406083641, None]),
        "rate": pa.array([1.0, 0.1]),
        "amount": pa.array([Decimal("1.50"), Decimal("0.00000001")], pa.decimal128(20, 8)),
        "local": pa.array([datetime(2026, 6, 1, 1, 2, 3), None], pa.timestamp("s")),
        "instant": pa.array([datetime(2026, 6, 1, 1, 2, 3), None], pa.timestamp("us", "Asia/Shanghai")),
        "day": pa.array([date(2026, 6, 1), None]),
        "is_new": pa.array([True, None]),
        "raw": pa.array([b"ab", None]),
        "nested": pa.array([{"a": [1, 2], "b": "社"}, None]),
        "text": pa.array(["", None]),
        "kind": pa.array(["x", "y"]).dictionary_encode(),
        "span": pa.array([timedelta(seconds=90), None]),
        "none": pa.nulls(2),
    }
    table = open_bytes(parquet(pa.table(columns))).tables[0]
    assert table.grid_head[0] == list(columns)
    assert table.first_row_no == 0
    batch = table.read()
    assert batch.row_numbers.to_pylist() == [1, 2]
    assert batch.columns.to_pydict() == {
        "id": ["4781320682406083641", None],
        "rate": ["1", "0.1"],
        "amount": ["1.50000000", "0.00000001"],
        "local": ["2026-06-01 01:02:03.000", None],
        "instant": ["2026-06-01 01:02:03.000000Z", None],
        "day": ["2026-06-01", None],
        "is_new": ["true", None],
        "raw": ["ab", None],
        "nested": ['{"a":[1,2],"b":"社"}', None],
        "text": ["", None],
        "kind": ["x", "y"],
        "span": ["0:01:30", None],
        "none": [None, None],
    }


def test_a_parquet_file_that_is_cut_or_explodes_is_refused(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    content = parquet(pa.table({"a": ["x"]}))
    assert refusal(content[:-3]).reason_code == "truncated"
    assert refusal(b"PAR1").reason_code == "truncated"
    monkeypatch.setattr(columnar, "MAX_BATCH_BYTES", 1_000_000)
    assert refusal(parquet(pa.table({"a": ["y" * 10_000] * 200}))).reason_code == "decompression_bomb"


def test_a_parquet_cell_that_is_too_long_costs_only_its_row(open_bytes: Open) -> None:
    batch = open_bytes(parquet(pa.table({"a": ["short", "y" * 50]})), Limits(max_cell_characters=10)).tables[0].read()
    assert (batch.columns.to_pydict(), [problem.row_no for problem in batch.problems]) == ({"a": ["short"]}, [2])
