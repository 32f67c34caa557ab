"""A template that has been mended reads again what has landed already, without anything being landed anew."""

from __future__ import annotations

import pytest

from community_metrics.landing.inbox import land_files
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Landing
from support.intake import Intake

TEMPLATE = """
name: stall
source: orders
reader: table
title: {en: A stall, zh: 小摊}
signature: {headers: [摊位单号]}
constants: {platform: stall, currency: CNY}
streams:
  orders:
    columns:
      order_id: {headers: [摊位单号]}
      member_id: {headers: [买家]}
      paid_at: {headers: [时间]}
      gross_amount: {headers: [金额], %s}
"""
IN_YUAN, IN_CENTS = TEMPLATE % "unit: yuan", TEMPLATE % "unit: fen"
FILE = "摊位单号,买家,时间,金额\n1,a,2026-06-01 10:00:00,100\n2,b,2026-06-01 11:00:00,%s\n"


def teach(intake: Intake, text: str, name: str = "stall") -> None:
    folder = intake.settings.own_templates
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yml").write_text(text, encoding="utf-8")


def landed(intake: Intake) -> Landing:
    with Ledger(intake.settings.ledger_path) as ledger:
        [landing] = ledger.landings()
    return landing


def amounts(intake: Intake) -> list[str]:
    revision = landed(intake).revision
    return [row[0] for row in intake.rows("orders/orders", "gross_amount", f"filename like '%-r{revision}.parquet'")]


def test_a_changed_template_reads_again_by_itself(intake: Intake, caplog: pytest.LogCaptureFixture) -> None:
    teach(intake, IN_YUAN)
    assert intake.ingest("stall.csv", FILE % "250").accepted == 2
    assert amounts(intake) == ["100", "250"]
    assert intake.run().landings == ()
    teach(intake, IN_CENTS)
    [landing] = intake.run().landings
    assert (landing.revision, amounts(intake)) == (2, ["1", "2.5"])
    assert "1 files that they would read differently are taken again" in caplog.text
    assert "stall" in caplog.text
    assert intake.run().landings == ()


def test_retry_reads_again_what_rows_were_put_aside_of(intake: Intake) -> None:
    teach(intake, IN_YUAN)
    assert intake.ingest("stall.csv", FILE % "x").quarantined == 1
    assert intake.run().landings == ()
    [landing] = intake.run(retry=True).landings
    assert (landing.revision, landing.quarantined) == (2, 1)


def test_a_mended_template_empties_the_quarantine(intake: Intake) -> None:
    teach(intake, IN_YUAN)
    assert intake.ingest("stall.csv", FILE % "待定").quarantined == 1
    teach(intake, IN_YUAN.replace("unit: yuan", 'unit: yuan, values: {待定: "0"}'))
    [landing] = intake.run().landings
    assert (landing.accepted, landing.quarantined, amounts(intake)) == (2, 0, ["100", "0"])
    with Ledger(intake.settings.ledger_path) as ledger:
        assert ledger.quarantine_counts() == []


def test_a_mended_template_reads_a_rejected_file(intake: Intake) -> None:
    teach(intake, IN_YUAN)
    renamed = (FILE % "250").replace("金额", "实付")
    assert intake.ingest("stall.csv", renamed, source="orders").reason_code == "missing_required_column"
    teach(intake, IN_YUAN.replace("[金额]", "[金额, 实付]"))
    [landing] = intake.run().landings
    assert (landing.status, landing.accepted) == ("ingested", 2)


def test_a_new_template_takes_what_was_unrecognised(intake: Intake) -> None:
    land_files(intake.settings, [intake.write("stall.csv", FILE % "250")])
    assert [landing.status for landing in intake.run().landings] == ["unrecognised"]
    teach(intake, IN_YUAN)
    [landing] = intake.run().landings
    assert (landing.status, landing.source, landing.template) == ("ingested", "orders", "stall")


def test_a_new_template_takes_over_what_it_fits_better(intake: Intake) -> None:
    teach(intake, IN_YUAN)
    intake.ingest("stall.csv", FILE % "250")
    better = IN_CENTS.replace("name: stall", "name: stall_of_cents").replace(
        "headers: [摊位单号]}\nconst", "headers: [摊位单号, 金额]}\nconst"
    )
    teach(intake, better, "stall_of_cents")
    (intake.settings.own_templates / "stall.yml").unlink()
    [landing] = intake.run().landings
    assert (landing.template, amounts(intake)) == ("stall_of_cents", ["1", "2.5"])


def test_templates_of_other_sources_leave_a_file_alone(intake: Intake) -> None:
    teach(intake, IN_YUAN)
    intake.ingest("stall.csv", FILE % "250")
    teach(intake, IN_CENTS.replace("name: stall", "name: other").replace("摊位单号", "另单号"), "other")
    assert intake.run().landings == ()
    assert landed(intake).revision == 1
