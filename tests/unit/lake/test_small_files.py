"""Many small files at once: the lake and the ledger are those of one file after the other, and each file keeps its own fate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from community_metrics.lake import small_files
from community_metrics.lake.shared_files import SharedStream
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Landing
from support.intake import Intake, group_page

ORDERS = "platform,order_id,member_id,paid_at,gross_amount,currency,note\n"


def page(number: int, **changes: Any) -> str:
    day = 1 + number % 3
    members = [
        {"userid": f"wm{number}-{place}", "type": 2, "join_time": 1_780_000_000 + number * 1_000 + place, "join_scene": 3}
        for place in range(1 + number % 4)
    ]
    wrapped = {
        "endpoint": "externalcontact/groupchat/get",
        "request": {"chat_id": f"wr{number}"},
        "response": {**group_page(f"wr{number}", *members), **changes},
        "pulled_at": f"2026-06-{day:02}T02:00:{number:02}Z",
    }
    return json.dumps(wrapped) + "\n"


def fill(intake: Intake) -> None:
    """Pages, some of which failed; orders of two layouts with bad rows and totals; events without keys; a damaged file."""
    for number in range(12):
        intake.drop(f"wecom_groups/corp{number % 2}/{number:02}.jsonl", page(number))
    intake.drop("wecom_groups/corp1/failed.jsonl", page(20, errcode=84061, errmsg="no"))
    intake.drop("wecom_groups/corp1/two.jsonl", page(21) + page(22, errcode=-1))
    for number in range(6):
        extra = ",remark" if number % 2 else ""
        rows = "".join(
            f"shop,o{number}-{row},m{row},2026-06-0{1 + row} 10:00:00,{'x' if row == 2 else row},CNY,{'y' + extra if extra else ''}\n"
            for row in range(4)
        )
        intake.drop(f"orders/shop/{number}.csv", ORDERS.rstrip() + extra + "\n" + rows + "合计,,,,6,,\n")
    for number in range(3):
        twice = "2026-06-01T20:00:00Z,x,u,message\n2026-06-01T20:00:00Z,x,u,message\n2026-06-02,x,u,message\n"
        intake.drop(
            f"events/_/{number}.csv", "occurred_at,platform,member_id,event_type\n" + twice + f"2026-06-0{number + 3},x,v,message\n"
        )
    intake.drop("events/_/broken.csv", "event_id\n1\n")
    intake.drop("events/_/empty.csv", "")


def rows_of(intake: Intake) -> dict[str, list[tuple[Any, ...]]]:
    """Every row in force, by stream, as the pipeline lists them."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with Ledger(intake.settings.ledger_path) as ledger:
        for landing in ledger.landings_to_gate():
            ledger.pass_gate(landing.landing_id)
        for file in ledger.active_lake_files():
            landing = ledger.landing(file.landing_id)
            relation = "select * from read_parquet(?, hive_partitioning = false) where _file_sha256 = ?"
            rows = duckdb.execute(relation, [str(intake.settings.home / file.path), landing.sha256]).fetchall()
            assert len(rows) == file.rows
            found.setdefault(f"{file.source}/{file.stream}/{file.business_date}", []).extend(rows)
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def ledger_of(intake: Intake) -> list[dict[str, Any]]:
    """What the ledger says of each file, without the moments of this run."""
    with Ledger(intake.settings.ledger_path) as ledger:
        landings = sorted(ledger.landings(), key=lambda landing: (landing.source, landing.original_name))
        observed = ledger.observed_until()
        counts = ledger.quarantine_counts()
    said = [{name: value for name, value in vars(landing).items() if name not in ("landed_at", "run_id")} for landing in landings]
    return [*said, {"observed": observed, "quarantined": counts}]


def test_together_is_the_same_as_one_by_one(intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apart = Intake(tmp_path / "apart")
    for one in (intake, apart):
        fill(one)
    intake.run()
    monkeypatch.setattr(small_files, "MOST_BYTES", -1)
    apart.run()
    together, alone = ledger_of(intake), ledger_of(apart)
    assert [{**one, "snapshot_at": None} for one in together] == [{**one, "snapshot_at": None} for one in alone]
    assert [landing["original_name"] for landing in together[:-1] if landing["status"] == "rejected"] == [
        "broken.csv",
        "empty.csv",
        "failed.jsonl",
    ]
    assert sum(landing["quarantined"] for landing in together[:-1]) == 7
    assert sorted(intake.quarantined(), key=repr) == sorted(apart.quarantined(), key=repr)
    shared, own = rows_of(intake), rows_of(apart)
    assert len(shared) > 12
    assert {name: [_without_landing_moment(row) for row in rows] for name, rows in shared.items()} == {
        name: [_without_landing_moment(row) for row in rows] for name, rows in own.items()
    }
    assert any(path.name.endswith("-shared.parquet") for path in intake.settings.lake.rglob("*.parquet"))


def _without_landing_moment(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value for value in row if not (isinstance(value, str) and value.endswith("Z") and not value.startswith("2026-06-0")))


def test_rows_not_in_force_are_told_by_path_and_sum(intake: Intake) -> None:
    for number in (0, 3, 6):
        intake.drop(f"wecom_groups/corp/{number}.jsonl", page(number))
    landings = intake.run().landings
    with Ledger(intake.settings.ledger_path) as ledger:
        for landing in landings:
            ledger.pass_gate(landing.landing_id)
        assert ledger.idle_in_shared_files() == []
        paths = {file.path for file in ledger.active_lake_files()}
        ledger.withdraw(landings[1].sha256, "landed by mistake")
        assert set(ledger.idle_in_shared_files()) == {(path, landings[1].sha256) for path in paths}
        ledger.hold(landings[2].landing_id, "looks wrong")
        assert {sha256 for _, sha256 in ledger.idle_in_shared_files()} == {landings[1].sha256, landings[2].sha256}
        ledger.withdraw(landings[0].sha256, "landed by mistake")
        assert ledger.idle_in_shared_files() == []


def test_a_file_that_the_program_fails_on_is_rejected_alone(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        intake.drop(f"wecom_groups/corp/{number}.jsonl", page(number))
    monkeypatch.setattr(SharedStream, "write", lambda _: 1 / 0)
    assert [landing.status for landing in intake.run().landings] == ["ingested"] * 3


def test_the_same_bytes_for_two_accounts_stand_in_different_lake_files(intake: Intake) -> None:
    for account in ("a", "b"):
        for number in (0, 3):
            intake.drop(f"wecom_groups/{account}/{number}.jsonl", page(number))
    landings = {landing.landing_id: landing for landing in intake.run().landings}
    assert {landing.status for landing in landings.values()} == {"ingested"}
    with Ledger(intake.settings.ledger_path) as ledger:
        standing: dict[str, list[Landing]] = {}
        for file in ledger.lake_files_to_gate():
            standing.setdefault(file.path, []).append(landings[file.landing_id])
    for path, there in standing.items():
        assert len({landing.sha256 for landing in there}) == len(there), path


def test_groups_are_bounded_and_large_files_come_alone(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_files, "_GROUP_FILES", 4)
    monkeypatch.setattr(small_files, "_GROUP_ROWS", 3)
    for number in range(10):
        intake.drop(f"wecom_groups/corp/{number}.jsonl", page(number))
    intake.drop("wecom_groups/corp/large.jsonl", "".join(page(number) for number in range(400)))
    report = intake.run()
    assert sum(landing.accepted for landing in report.landings) == sum(2 + number % 4 for number in [*range(10), *range(400)])
    with Ledger(intake.settings.ledger_path) as ledger:
        cut = small_files.groups(ledger.landings())
        assert [len(group) for group in cut] == [4, 4, 2, 1]
