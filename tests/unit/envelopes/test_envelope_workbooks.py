"""Spreadsheets and HTML tables: the grid as it stands, numbers as text, and what a hostile one may not do."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from envelope_files import Open, Refusal, rezipped, xls, xlsx
from hypothesis import given
from hypothesis import strategies as st

from community_metrics.settings import Limits
from community_metrics.sources.envelopes import workbook_safety

SHEET = "xl/worksheets/sheet1.xml"
CORE = "docProps/core.xml"
CORE_TEXT = """<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dcterms="http://purl.org/dc/terms/">{}</cp:coreProperties>"""


def sheet_xml(rows: str) -> bytes:
    return (
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'.encode()
    )


def test_cells_become_text_without_a_digit_lost_or_added(open_bytes: Open) -> None:
    cells = ["4781320682406083641", 123456789012345, 12, 1.5, 0.1 + 0.2, 1e-7, True, datetime(2026, 6, 1, 3, 4, 5), date(2026, 6, 1)]
    cells += [time(1, 2, 3), timedelta(hours=30), None, "cmd|' /C calc'!A0"]
    table = open_bytes(xlsx(("数据", [["h"] * len(cells), cells]))).tables[0]
    assert (table.kind, table.name) == ("xlsx", "数据")
    assert table.grid_head[1] == [
        "4781320682406083641",
        "123456789012345",
        "12",
        "1.5",
        "0.3",
        "1e-07",
        "true",
        "2026-06-01 03:04:05",
        "2026-06-01",
        "01:02:03",
        "30:00:00",
        None,
        "cmd|' /C calc'!A0",
    ]


def test_a_number_too_large_to_be_exact_does_not_look_like_an_id(open_bytes: Open) -> None:
    assert open_bytes(xlsx(("s", [["id"], [4781320682406083641]]))).tables[0].grid_head[1] == ["4.781320682406084E+18"]


def test_a_banner_rows_below_it_and_sheets_are_delivered_as_they_stand(open_bytes: Open) -> None:
    banner = "最多导出排序后前1000条笔记"
    content = xlsx(
        ("一", [[banner] * 3, ["标题", "曝光", "点赞"], ["甲", 1, None], [None] * 3, ["乙", None, 2]]), ("空", []), ("二", [["x"]])
    )
    envelope = open_bytes(content)
    assert [table.name for table in envelope.tables] == ["一", "二"]
    table = envelope.tables[0]
    assert table.grid_head[:2] == [[banner] * 3, ["标题", "曝光", "点赞"]]
    batch = table.read(header_row=2)
    assert batch.columns.to_pydict() == {"标题": ["甲", "乙"], "曝光": ["1", None], "点赞": [None, "2"]}
    assert batch.row_numbers.to_pylist() == [3, 5]


def test_the_stamp_inside_is_in_utc(open_bytes: Open) -> None:
    content = xlsx(("s", [["a"]]))
    for text, stamp in [
        ("<dcterms:created>2026-07-11T18:09:20Z</dcterms:created>", datetime(2026, 7, 11, 18, 9, 20, tzinfo=UTC)),
        ("<dcterms:created>2026-07-12T02:09:20+08:00</dcterms:created>", datetime(2026, 7, 11, 18, 9, 20, tzinfo=UTC)),
        ("<dcterms:created>yesterday</dcterms:created>", None),
        ("", None),
    ]:
        assert open_bytes(rezipped(content, {CORE: CORE_TEXT.format(text).encode()})).created_at == stamp
    assert open_bytes(rezipped(content, {CORE: b"<broken"})).created_at is None


def test_entities_in_the_properties_are_not_expanded(open_bytes: Open) -> None:
    hostile = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + CORE_TEXT.format("<dcterms:created>&e;</dcterms:created>")
    assert open_bytes(rezipped(xlsx(("s", [["a"]])), {CORE: hostile.encode()})).created_at is None


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1048576'><c r = 'XFD1048576'><v>1</v></c></row><row r='1'><c r='A1'><v>1</v></c></row>",
        '<row r="1">' + "<c><v>1</v></c>" * 100 + '</row><row r="1048576"><c><v>1</v></c></row>',
    ],
)
def test_a_cell_in_the_last_corner_does_not_ask_for_all_memory(refusal: Refusal, rows: str) -> None:
    assert refusal(rezipped(xlsx(("s", [["a"]])), {SHEET: sheet_xml(rows)})).reason_code == "too_large"


def test_cells_without_positions_are_read(open_bytes: Open) -> None:
    rows = "<row>" + '<c t="inlineStr"><is><t>h</t></is></c>' * 2 + "</row><row><c><v>1</v></c><c><v>2</v></c></row>"
    assert open_bytes(rezipped(xlsx(("s", [["a"]])), {SHEET: sheet_xml(rows)})).tables[0].grid_head == [["h", "h"], ["1", "2"]]


def test_one_long_text_in_many_cells_is_a_bomb(refusal: Refusal) -> None:
    shared = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>a</t></si><si><t>{"x" * 30_000}</t></si></sst>'
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>1</v></c></row>' for row in range(1, 101))
    content = rezipped(xlsx(("s", [["a"]])), {"xl/sharedStrings.xml": shared.encode(), SHEET: sheet_xml(rows)})
    assert refusal(content, Limits(max_unpacked_bytes=2_000_000)).reason_code == "decompression_bomb"


def test_a_part_that_compresses_too_well_is_a_bomb(refusal: Refusal) -> None:
    assert refusal(rezipped(xlsx(("s", [["a"]])), {"xl/media/x.xml": b" " * 3 * 2**20})).reason_code == "decompression_bomb"


def test_a_part_larger_than_it_says_is_refused(refusal: Refusal) -> None:
    content = bytearray(rezipped(xlsx(("s", [["a"]])), {"xl/media/x.bin": b"y" * 5000}))
    place = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/media/x.bin"))
    content[place + 24 : place + 28] = (100).to_bytes(4, "little")
    assert refusal(bytes(content)).reason_code == "unsafe_archive"


def test_a_cut_workbook_is_truncated(refusal: Refusal) -> None:
    content = xlsx(("s", [["a"]]))
    assert {refusal(content[:end]).reason_code for end in (30, 1000, len(content) - 30)} == {"truncated"}


def test_workbooks_of_other_kinds_say_what_to_do(refusal: Refusal) -> None:
    other = rezipped(xlsx(("s", [["a"]])), {"xl/workbook.bin": b"x", "xl/workbook.xml": None})
    assert "save it as xlsx" in str(refusal(other))
    assert (
        refusal(b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>').reason_code
        == "unreadable_envelope"
    )
    assert refusal(xlsx(("s", []))).reason_code == "no_table"


def test_an_old_xls_is_read(open_bytes: Open) -> None:
    envelope = open_bytes(xls([["日期", "阅读"], ["2026-06-01", 12.0], ["2026-06-02", 0.5]], "趋势"))
    assert (envelope.kind, envelope.tables[0].name) == ("xls", "趋势")
    assert envelope.tables[0].read().columns.to_pydict() == {"日期": ["2026-06-01", "2026-06-02"], "阅读": ["12", "0.5"]}


def test_an_xls_whose_sectors_form_a_ring_does_not_fill_the_memory(refusal: Refusal) -> None:
    content = bytearray(xls([["a"]]))
    place = 512 + 4  # the allocation table comes first; its second entry is the folder's, which now follows itself
    content[place : place + 4] = (1).to_bytes(4, "little")
    error = refusal(bytes(content))
    assert (error.reason_code, "did not survive" in str(error)) == ("unreadable_envelope", True)


def test_an_xls_without_a_workbook_is_unreadable(refusal: Refusal) -> None:
    assert refusal(xls([["a"]])[:600]).reason_code == "unreadable_envelope"
    assert (
        refusal(xls([["a"]]).replace("Workbook".encode("utf-16-le"), "Encrypt1".encode("utf-16-le"))).reason_code == "unreadable_envelope"
    )


HTML = """<html><head><meta http-equiv="Content-Type" content="text/html; charset={}"></head><body>
<table border=1><tr><th colspan="3">用户增长<tr><td>时间<td> 新增 <br>人数 <td>取消&nbsp;&amp;离开</tr>
<tr><td>2026-06-01</td><td>31</td><td></td></tr></table>{}</body>"""


@pytest.mark.parametrize(
    ("charset", "encoding", "used"), [("utf-8", "utf-8", "utf-8"), ("gb2312", "gbk", "gb18030"), ("utf-8", "gbk", "gb18030")]
)
def test_an_html_table_is_read_in_its_encoding(open_bytes: Open, charset: str, encoding: str, used: str) -> None:
    envelope = open_bytes(HTML.format(charset, "").encode(encoding))
    assert (envelope.kind, envelope.encoding) == ("html", used)
    (table,) = envelope.tables
    assert table.grid_head == [["用户增长", None, None], ["时间", "新增\n人数", "取消 &离开"], ["2026-06-01", "31", None]]
    assert table.read(header_row=2).columns.column(1).to_pylist() == ["31"]


def test_tables_of_a_page_are_apart_and_spans_keep_the_columns(open_bytes: Open) -> None:
    more = "<table><tr><td rowspan=2>a<td>b<tr><td>c<tr><td>d<td>e</table><table><tr><td></table>"
    first, second = open_bytes(HTML.format("utf-8", more).encode()).tables
    assert second.grid_head == [["a", "b"], [None, "c"], ["d", "e"]]
    assert re.search("table 1$", first.name)


def test_a_page_without_table_is_told(refusal: Refusal) -> None:
    assert refusal(b"<!DOCTYPE html><html><body>Please log in</body></html>").reason_code == "no_table"
    assert refusal(b"<html><table></table></html>").reason_code == "no_table"


def test_spans_do_not_ask_for_all_memory(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("community_metrics.sources.envelopes.markup.MAX_CELLS", 100_000)
    assert refusal(b"<table>" + b"<tr><td colspan=999999999 rowspan=999999999>x" * 10).reason_code == "too_large"


def test_the_largest_workbook_is_a_million_rows_of_thirty_columns() -> None:
    assert workbook_safety.MAX_CELLS >= 1_000_000 * 30


_PIECES = [
    ' r="A1"',
    "\tr='b22'",
    ' r ="A1"',
    ' r=" D4 "',
    ' r="A"',
    ' r="ABCDEFGH1"',
    ' r="12345678901"',
    ' ar="A9"',
    'r="5"',
    "=",
    " ",
    '"',
]
_PIECES += ['<c r="Q9" t="s"><v>1</v></c>', "<c/>", "<x:c>", '<row r="7">', '<c r="XFD1048576">', "<is><t>a=b</t></is>", "<c\n"]


@given(pieces=st.lists(st.sampled_from(_PIECES), max_size=12), overlap=st.sampled_from([0, 3, 8, 30]))
def test_positions_looked_at_all_at_once_are_those_found_one_by_one(pieces: list[str], overlap: int) -> None:
    window = "".join(pieces).encode()
    at_once = workbook_safety._usual_positions(window, overlap)
    assert at_once in (None, workbook_safety._any_positions(window, overlap))
    counted = sum(match.end() > overlap for match in workbook_safety._CELL.finditer(window))
    assert workbook_safety._cell_count(window, overlap) == counted
