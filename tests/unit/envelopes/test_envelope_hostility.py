"""Whatever the bytes: an envelope that can be read, or an `InputError`. Nothing else ever comes out."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest
from envelope_files import parquet, xls, xlsx, zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes import load_json_document, load_xml_documents, open_archive, open_tables

SMALL = Limits(max_file_bytes=2**20, max_unpacked_bytes=2**24, max_cell_characters=1000)
ROWS = [["日期", "新增", "标题"], ["2026-06-01", "12", '社群 "甲"'], ["2026-06-02", "-", "乙, 丙"]]
CSV = '日期,新增,标题\n2026-06-01,12,"社群 ""甲"""\n2026-06-02,-,"乙,\n丙"\n'
LINES = '{"a": 1, "b": {"c": [1.5, null]}}\n{"a": "社群", "d": true}\n'
VALID = {
    "csv": CSV.encode(),
    "csv_gbk": CSV.encode("gbk"),
    "csv_utf16": CSV.encode("utf-16"),
    "json_lines": LINES.encode(),
    "document": ('{"chats": {"list": [' + LINES.replace("\n", ",") + '{}]}, "text": "\\x01"}').encode(),
    "html": b"<html><meta charset=gbk><table><tr><td colspan=2>" + "甲<td>乙<tr><td>1</table>".encode("gbk"),
    "gzip": gzip.compress(CSV.encode()),
    "xlsx": xlsx(("一", ROWS), ("二", [[1, 2.5], [None, True]])),
    "xls": xls([["a", "b"], [1.0, "社"]]),
    "parquet": parquet(pa.table({"a": ["x", None], "b": [1, 2], "c": [[1], [2, 3]]})),
    "xml": "<?xml version='1.0'?><xml><A><![CDATA[社群]]></A><B><Item>x</Item><Item>y</Item></B></xml><xml><A/></xml>".encode(),
    "zip": zipped({"users.json": b"[]", "a/b.csv": CSV.encode()}),
}


def exhaust(path: Path) -> None:
    """Open and read everything there is; only `InputError` may end it early."""
    try:
        envelope = open_tables(path, "export", SMALL)
        for table in envelope.tables:
            for row in range(table.first_row_no, table.first_row_no + min(len(table.grid_head), 3)):
                if row == table.first_row_no or not table.header_is_known:
                    for batch in table.iter_batches(row, batch_rows=2):
                        assert batch.columns.num_rows == len(batch.row_numbers)
                        batch.columns.validate(full=True)
        if envelope.kind == "json":
            load_json_document(path, SMALL)
        if envelope.kind == "xml":
            assert all(isinstance(document, (dict, str)) for document in load_xml_documents(path, SMALL))
        if envelope.kind == "zip":
            archive = open_archive(path, SMALL)
            for name in archive.names:
                archive.load_json(name)
                archive.open_tables(name)
    except InputError as error:
        assert error.reason_code
        assert error.what


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "file"


@pytest.mark.parametrize("name", VALID)
def test_the_valid_files_are_valid(path: Path, name: str) -> None:
    path.write_bytes(VALID[name])
    open_tables(path, name, SMALL)


@settings(max_examples=400, deadline=None)
@given(content=st.binary(max_size=400))
def test_random_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    exhaust(path)


@settings(max_examples=300, deadline=None)
@given(
    content=st.text(st.sampled_from('{}[]":,;\t\n\r <>/tablerd0123456789.eE+-\\xuü社\x00\ufeff'), max_size=120),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
def test_random_text(path: Path, content: str, encoding: str) -> None:
    path.write_bytes(content.encode(encoding))
    exhaust(path)


@pytest.mark.parametrize("name", VALID)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_mutated_and_cut_files(path: Path, name: str, data: st.DataObject) -> None:
    content = bytearray(VALID[name])
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path.write_bytes(bytes(content[:end]) + data.draw(st.sampled_from([b"", b"\0" * 20, VALID["csv"]])))
    exhaust(path)
