"""Rows and files that cannot be used: put aside or rejected with a reason, the rest goes on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from community_metrics.landing.ledger import Ledger
from support.intake import Intake, archive, workbook

EVENT_HEADER = "event_id,occurred_at,platform,member_id,event_type,properties,value\n"
ORDER_HEADER = "order_id,platform,account_id,member_id,paid_at,gross_amount,currency\n"
GOOD_ORDER = "1,shop,a,m1,2026-06-01 10:00,9.90,CNY\n"


@pytest.mark.parametrize(
    ("order", "column", "reason"),
    [
        ("2,shop,a,m1,1900-01-01 00:00:00,1,CNY", "paid_at", "implausible_date"),
        ("2,shop,a,m1,2999-12-31 00:00:00,1,CNY", "paid_at", "implausible_date"),
        ("2,shop,a,m1,yesterday,1,CNY", "paid_at", "not_a_date"),
        ("2,shop,a,m1,2026-06-01,-1,CNY", "gross_amount", "negative"),
        ("2,shop,a,m1,2026-06-01,dear,CNY", "gross_amount", "not_a_number"),
        ("2,shop,a,m1,2026-06-01,,CNY", "gross_amount", "missing_value"),
        ("2,shop,a,,2026-06-01,1,CNY", "member_id", "missing_value"),
        (",shop,a,m1,2026-06-01,1,CNY", "order_id", "missing_value"),
        ("=cmd|' /C calc'!A0,shop,a,m1,2026-06-01,1,CNY", "order_id", "formula"),
        ("@SUM(A1),shop,a,m1,2026-06-01,1,CNY", "order_id", "formula"),
        ("4.78132E+18,shop,a,m1,2026-06-01,1,CNY", "order_id", "too_precise_id"),
        ("2,shop,a,,yesterday,-1,CNY", "member_id", "missing_value"),
        ("2,shop,a,m1,2026-06-01,1,CNY,more", None, "ragged_row"),
    ],
)
def test_a_bad_row_is_put_aside_once_with_its_first_bad_column(intake: Intake, order: str, column: str | None, reason: str) -> None:
    landing = intake.ingest("orders.csv", ORDER_HEADER + GOOD_ORDER + order + "\n", source="orders")
    assert (landing.status, landing.rows, landing.accepted, landing.quarantined) == ("ingested", 2, 1, 1)
    assert [row[:3] for row in intake.quarantined()] == [(3, column, reason)]


@pytest.mark.parametrize("identifier", ["=1+1", "-5", "@name", "+8613800138000", '"=""4781320682406083641"""'])
def test_an_id_that_only_looks_like_a_formula_is_text(intake: Intake, identifier: str) -> None:
    landing = intake.ingest("orders.csv", ORDER_HEADER + f"{identifier},shop,a,m1,2026-06-01,1,CNY\n")
    assert (landing.accepted, landing.quarantined) == (1, 0)


def test_values_put_aside_are_masked(intake: Intake) -> None:
    intake.ingest("orders.csv", ORDER_HEADER + "2,shop,a,m1,yesterday at noon,1,CNY\n3,shop,a,m1,soon,1,CNY\n")
    assert [row[3] for row in intake.quarantined()] == ["ye… (17 characters)", "… (4 characters)"]


def test_events_may_have_negative_values_but_not_broken_properties(intake: Intake) -> None:
    rows = "e1,2026-06-01,x,u,spend,,-5\ne2,2026-06-01,x,u,spend,{broken,1\n"
    landing = intake.ingest("events.csv", EVENT_HEADER + rows)
    assert (landing.accepted, landing.quarantined) == (1, 1)
    assert intake.quarantined()[0][1:3] == ("properties", "not_json")


def test_negative_counts_are_put_aside(intake: Intake) -> None:
    landing = intake.ingest("daily.csv", "platform,account_id,business_date,followers,reads\nx,a,2026-06-01,-3,1\nx,a,2026-06-02,3,1\n")
    assert (landing.accepted, landing.quarantined) == (1, 1)
    assert intake.quarantined()[0][1:3] == ("followers", "negative")


@pytest.mark.parametrize("total", ["合计,,,,,9.90,", "总计：,,,,,9.90,", "Total,,,,,9.90,", "合计,9.90", "全部,shop,a,m1,,9.90,CNY"])
def test_a_files_own_total_is_neither_an_order_nor_an_error(intake: Intake, total: str) -> None:
    landing = intake.ingest("orders.csv", ORDER_HEADER + GOOD_ORDER + total + "\n")
    assert (landing.rows, landing.accepted, landing.quarantined, landing.totals) == (2, 1, 0, 1)


def test_a_valid_row_that_begins_with_a_total_word_is_a_row(intake: Intake) -> None:
    landing = intake.ingest("daily.csv", "platform,account_id,business_date,reads\n全部,a,2026-06-01,1\n")
    assert (landing.accepted, landing.totals) == (1, 0)


def test_the_ledger_counts_distinct_bad_rows_by_account_and_date(intake: Intake) -> None:
    bad = "2,shop,a,m1,2026-06-01 10:00,-1,CNY\n3,shop,b,m1,sometime,1,CNY\n"
    intake.ingest("one.csv", ORDER_HEADER + bad)
    intake.ingest("two.csv", ORDER_HEADER + GOOD_ORDER + bad)
    intake.ingest(
        "three.csv", "paid_at,platform,account_id,member_id,order_id,gross_amount,currency\n2026-06-01 10:00,shop,a,m1,2,-1,CNY\n"
    )
    with Ledger(intake.settings.ledger_path) as ledger:
        counts = [(count.source, count.account_id, count.business_date, count.rows) for count in ledger.quarantine_counts()]
    assert counts == [("orders", "a", date(2026, 6, 1), 1), ("orders", "b", None, 1)]


HEADER_ONLY = "order_id,platform,member_id,paid_at,gross_amount,currency"


@pytest.mark.parametrize(
    ("content", "reason", "said"),
    [
        (b"", "empty_file", ""),
        (b"\x93\x01\x02\x00\xff\xfe" * 300, None, ""),
        (b"PK\x03\x04broken", None, ""),
        ("order_id,平台\n1,价格".encode("utf-16-le") + b"\x01", None, ""),
        (b"<html><body><p>Please log in</p></body></html>", "no_table", ""),
        (archive({"../../etc/passwd": {}}), "unsafe_archive", ""),
        (b"order_id,platform\n1,x\n", "missing_required_column", "'member_id', 'paid_at', 'gross_amount', 'currency'"),
        (b"order_no,platform,member_id,paid_at,gross_amount,currency\n", "missing_required_column", "'order_no'"),
        (f"{HEADER_ONLY},order_id\n".encode(), "duplicate_header", "'order_id' stands 2 times (columns 1, 7)"),
        (f"{HEADER_ONLY},Order ID\n".encode(), "duplicate_header", "columns 1, 7"),
        (f"{HEADER_ONLY},note,note\n".encode(), "duplicate_header", "'note'"),
        (b'[{"order_id": 1}]', "missing_required_column", "'platform'"),
        (b'{"errcode": 0}', "unexpected_layout", "save each response as it came"),
        (b"a,b\n1,2\n", "unexpected_layout", "mapped_orders"),
        (archive({"users.json": [], "channels.json": []}), "unexpected_layout", "a zip file"),
    ],
)
def test_a_file_that_cannot_be_used_is_rejected_whole_and_the_others_go_on(
    intake: Intake, content: bytes, reason: str | None, said: str
) -> None:
    intake.drop("orders/_/bad", content)
    intake.drop("orders/_/good.csv", HEADER_ONLY + "\n1,shop,m1,2026-06-01,1,CNY\n")
    report = intake.run()
    outcomes = {landing.original_name: landing for landing in report.landings}
    bad = outcomes["bad"]
    assert (bad.status, bad.rows) == ("rejected", 0)
    if reason:
        assert bad.reason_code == reason
    assert bad.reason is not None
    assert bad.reason_code != "internal_error"
    assert said in bad.reason
    assert bad.reason.count(" - ") >= 2, "what - where - what to do"
    assert outcomes["good.csv"].status == "ingested"
    assert len(intake.rows("orders/orders")) == 1


def test_a_cell_of_a_million_characters_is_put_aside(intake: Intake) -> None:
    landing = intake.ingest("events.csv", EVENT_HEADER + f"e1,2026-06-01,x,u,message,,\n{'x' * 1_000_000},2026-06-01,x,u,message,,\n")
    assert (landing.status, landing.accepted, landing.quarantined) == ("ingested", 1, 1)
    assert intake.quarantined()[0][2] == "cell_too_long"


def test_a_failure_of_the_program_itself_rejects_one_file_and_is_tried_again(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    intake.drop("orders/_/one.csv", ORDER_HEADER + GOOD_ORDER)
    from community_metrics.lake import ingest

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("inside")

    with monkeypatch.context() as broken:
        broken.setattr(ingest, "read_file", fail)
        [landing] = intake.run().landings
    assert (landing.status, landing.reason_code) == ("rejected", "internal_error")
    assert "ZeroDivisionError" in (landing.reason or "")
    assert intake.run().landings == ()
    [again] = intake.run(retry=True).landings
    assert (again.status, again.accepted, again.reason) == ("ingested", 1, None)


def test_rows_that_do_not_add_up_fail_loudly(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    from community_metrics.lake.staging import StagedStream

    add = StagedStream.add
    monkeypatch.setattr(StagedStream, "add", lambda self, columns, numbers, extra: add(self, _tail(columns), numbers[1:], extra[1:]))
    landing = intake.ingest("orders.csv", ORDER_HEADER + GOOD_ORDER + GOOD_ORDER)
    assert (landing.status, landing.reason_code) == ("rejected", "internal_error")


def _tail(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: values[1:] for name, values in columns.items()}


def test_a_truncated_workbook_is_rejected(intake: Intake) -> None:
    content = workbook([["order_id", "platform"], ["1", "x"]])
    landing = intake.ingest("orders.xlsx", content[: len(content) // 2], source="orders")
    assert landing.status == "rejected"
    assert landing.reason_code in ("truncated", "unreadable_envelope")
