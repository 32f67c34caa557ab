"""A bill whose own totals are not those of its rows is held, named with both figures; rows put aside still count."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_metrics import pipeline
from community_metrics.pipeline import FileReport
from support.intake import Intake

TEMPLATE = """
name: bill
source: orders
reader: table
title: {en: A bill, zh: 账单}
signature: {headers: [微信订单号, 用户标识]}
constants: {platform: shop, currency: CNY}
cell_prefix: "`"
totals:
  line_start: 总交易单数
  checks: {总交易单数: $rows, 订单总金额: orders.gross_amount}
streams:
  orders:
    columns:
      order_id: {headers: [微信订单号]}
      member_id: {headers: [用户标识]}
      paid_at: {headers: [交易时间]}
      gross_amount: {headers: [订单金额]}
"""
HEADER = "交易时间,微信订单号,用户标识,交易状态,订单金额\n"
ROWS = "`2026-06-01 10:00:00,`1,`a,`SUCCESS,`10.50\n`2026-06-01 11:00:00,`2,`b,`SUCCESS,`20.00\n"
TOTALS = "总交易单数,订单总金额\n"


@pytest.fixture
def intake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Intake:
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "a key for tests")
    intake = Intake(tmp_path)
    intake.settings.own_templates.mkdir(parents=True)
    (intake.settings.own_templates / "bill.yml").write_text(TEMPLATE, encoding="utf-8")
    return intake


def ingest(intake: Intake, **files: str) -> dict[str, FileReport]:
    for name, content in files.items():
        intake.drop(f"orders/shop/{name}.csv", content)
    return {Path(report.name).stem: report for report in pipeline.ingest(intake.settings).files}


def test_only_the_bill_that_does_not_add_up_is_held(intake: Intake) -> None:
    reports = ingest(
        intake,
        right=HEADER + ROWS + TOTALS + "`2,`30.50\n",
        short=HEADER + ROWS + TOTALS + "`3,`45.50\n",
        put_aside=HEADER + ROWS.replace("`b", "") + TOTALS + "`2,`30.50\n",
        lost=HEADER + ROWS.replace("`20.00", "`?") + TOTALS + "`2,`30.50\n",
    )
    assert {name: report.status for name, report in reports.items()} == {
        "right": "ingested",
        "short": "held",
        "put_aside": "ingested",
        "lost": "held",
    }
    assert reports["short"].reason_code == reports["lost"].reason_code == "totals_mismatch"
    assert reports["put_aside"].quarantined == 1
    reason = reports["short"].reason or ""
    for figure in ("总交易单数", "stated=3", "found=2", "2 rows"):
        assert figure in reason
    assert "stated=30.5" in (reports["lost"].reason or "")
    assert "found=10.5" in (reports["lost"].reason or "")
