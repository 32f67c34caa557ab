"""Files get into the landing once, as received, under what is declared of them."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from community_metrics.errors import UsageError
from community_metrics.landing.inbox import land_files, take_inbox
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Landing
from community_metrics.landing.store import object_path
from support.intake import Intake, group_page, workbook

ORDERS = "order_id,platform,member_id,paid_at,gross_amount,currency\n1,shop,m1,2026-06-01 10:00,9.90,CNY\n"


def landings(intake: Intake) -> list[Landing]:
    with Ledger(intake.settings.ledger_path) as ledger:
        return ledger.landings()


def test_bytes_are_kept_as_received_and_the_file_named_by_hand_stays(intake: Intake) -> None:
    path = intake.write("orders.csv", ORDERS)
    [result] = land_files(intake.settings, [path])
    assert result.outcome == "landed"
    assert result.landing is not None
    assert result.landing.source == "orders"
    assert object_path(intake.settings, result.landing.sha256).read_text() == ORDERS
    assert result.landing.sha256 == hashlib.sha256(ORDERS.encode()).hexdigest()
    assert path.exists()


def test_the_same_bytes_twice_are_a_no_op_and_say_so(intake: Intake) -> None:
    land_files(intake.settings, [intake.write("orders.csv", ORDERS)])
    [again] = land_files(intake.settings, [intake.write("copy (1).csv", ORDERS)])
    assert again.outcome == "already_landed"
    assert "as orders.csv" in again.message
    assert len(landings(intake)) == 1


def test_the_same_list_observed_on_another_declared_day_is_new_evidence(intake: Intake) -> None:
    page = json.dumps(group_page("g1"))
    for day in ("2026-06-01", "2026-06-02", "2026-06-02"):
        intake.drop(f"wecom_groups/corp1/dt={day}/page.json", page)
        take_inbox(intake.settings)
    assert [landing.snapshot_at for landing in landings(intake)] == [
        datetime(2026, 6, 1, 15, 59, 59, tzinfo=UTC),
        datetime(2026, 6, 2, 15, 59, 59, tzinfo=UTC),
    ]


def test_inbox_folders_declare_source_account_and_day_and_are_emptied(intake: Intake) -> None:
    path = intake.drop("orders/shop1/dt=2026-06-01/orders.csv", ORDERS)
    [result] = take_inbox(intake.settings)
    assert result.landing is not None
    assert (result.landing.source, result.landing.account_id, result.landing.snapshot_origin) == ("orders", "shop1", "folder")
    # The end of the declared business date in Asia/Shanghai.
    assert result.landing.snapshot_at == datetime(2026, 6, 1, 15, 59, 59, tzinfo=UTC)
    assert not path.exists()


def test_an_underscore_is_the_empty_account(intake: Intake) -> None:
    intake.drop("orders/_/orders.csv", ORDERS)
    take_inbox(intake.settings)
    assert [landing.account_id for landing in landings(intake)] == [""]


def test_a_sidecar_wins_over_the_folder_and_leaves_with_its_file(intake: Intake) -> None:
    path = intake.drop("orders/shop1/dt=2026-06-01/orders.csv", ORDERS)
    sidecar = path.with_name("orders.csv.meta.json")
    sidecar.write_text(json.dumps({"account": "shop2", "period": "2026-05-31", "snapshot_at": "2026-06-03T00:00:00+08:00"}))
    [result] = take_inbox(intake.settings)
    assert result.landing is not None
    assert (result.landing.account_id, result.landing.period) == ("shop2", date(2026, 5, 31))
    assert (result.landing.snapshot_at, result.landing.snapshot_origin) == (datetime(2026, 6, 2, 16, tzinfo=UTC), "sidecar")
    assert not sidecar.exists()


def test_a_flag_wins_over_the_sidecar(intake: Intake) -> None:
    path = intake.write("orders.csv", ORDERS)
    path.with_name("orders.csv.meta.json").write_text(json.dumps({"account": "shop2", "snapshot_at": "2026-06-03T00:00:00Z"}))
    [result] = land_files(intake.settings, [path], account="shop1", snapshot_at="2026-06-05T08:00:00")
    assert result.landing is not None
    assert (result.landing.account_id, result.landing.snapshot_origin) == ("shop1", "flag")
    assert result.landing.snapshot_at == datetime(2026, 6, 5, 0, tzinfo=UTC)


def test_a_workbooks_own_stamp_is_its_snapshot_unless_declared(intake: Intake) -> None:
    rows = [["order_id", "platform", "member_id", "paid_at", "gross_amount", "currency"]]
    [result] = land_files(intake.settings, [intake.write("orders.xlsx", workbook(rows))])
    assert result.landing is not None
    assert result.landing.snapshot_origin == "file"
    assert result.landing.snapshot_is_declared


def test_the_moment_of_landing_is_kept_and_a_files_mtime_means_nothing(intake: Intake) -> None:
    path = intake.write("orders.csv", ORDERS)
    os.utime(path, (0, 0))
    before = datetime.now(UTC)
    [first] = land_files(intake.settings, [path])
    [again] = land_files(intake.settings, [path])
    assert first.landing is not None and again.landing is not None
    assert before <= first.landing.snapshot_at <= datetime.now(UTC)
    assert (again.landing.snapshot_at, again.landing.snapshot_origin) == (first.landing.snapshot_at, "landing")


@pytest.mark.parametrize("name", [".hidden.csv", "~$orders.csv", "orders.csv.part", "orders.csv.tmp", ".git/orders.csv"])
def test_what_is_hidden_or_unfinished_is_left_alone(intake: Intake, name: str) -> None:
    path = intake.drop(f"orders/_/{name}", ORDERS)
    assert take_inbox(intake.settings) == []
    assert path.exists()


def test_links_are_not_followed_out_of_the_inbox(intake: Intake) -> None:
    secret = intake.write("secret.csv", ORDERS)
    intake.drop("orders/_/real.csv", ORDERS)
    (intake.settings.inbox / "orders/_/link.csv").symlink_to(secret)
    (intake.settings.inbox / "orders/linked").symlink_to(secret.parent)
    outcomes = {Path(result.path).name: result.outcome for result in take_inbox(intake.settings)}
    assert outcomes == {"link.csv": "refused", "linked": "refused", "real.csv": "landed"}
    assert secret.exists()


def test_a_pipe_in_the_inbox_does_not_keep_the_run_waiting(intake: Intake) -> None:
    (intake.settings.inbox / "orders/_").mkdir(parents=True)
    os.mkfifo(intake.settings.inbox / "orders/_/pipe.csv")
    assert [result.outcome for result in take_inbox(intake.settings)] == ["refused"]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("ordres/_/orders.csv", "known sources: account_daily"),
        ("orders/_/dt=2026-13-01/orders.csv", "name the folder dt=YYYY-MM-DD"),
        ("orders/_/more/folders/orders.csv", "move it to <source>/<account>"),
        ("orders.csv", "move it to <source>/<account>"),
    ],
)
def test_a_misplaced_file_stays_and_the_result_says_what_to_do(intake: Intake, place: str, said: str) -> None:
    path = intake.drop(place, ORDERS)
    [result] = take_inbox(intake.settings)
    assert (result.outcome, result.landing) == ("refused", None)
    assert said in result.message
    assert path.exists()


@pytest.mark.parametrize("content", ["{", '{"acount": "x"}', '["x"]', '{"period": "yesterday"}', '{"account": 1}'])
def test_a_bad_sidecar_keeps_its_file_in_the_inbox(intake: Intake, content: str) -> None:
    path = intake.drop("orders/_/orders.csv", ORDERS)
    path.with_name("orders.csv.meta.json").write_text(content)
    [result] = take_inbox(intake.settings)
    assert result.outcome == "refused"
    assert "orders.csv.meta.json" in result.message
    assert path.exists()


def test_only_the_asked_sources_are_taken(intake: Intake) -> None:
    intake.drop("orders/_/orders.csv", ORDERS)
    kept = intake.drop("refunds/_/refunds.csv", "x")
    assert [result.outcome for result in take_inbox(intake.settings, ["orders"])] == ["landed"]
    assert kept.exists()


def test_an_unrecognised_file_is_kept_and_the_closest_template_named(intake: Intake) -> None:
    renamed = "order_number,platform,member_id,paid_at,gross_amount,currency\n"
    [result] = land_files(intake.settings, [intake.write("orders.csv", renamed)])
    assert result.outcome == "unrecognised"
    assert "mapped_orders, which needs 'order_id'" in result.message
    assert result.landing is not None
    assert object_path(intake.settings, result.landing.sha256).exists()


@pytest.mark.parametrize(
    "wrong", [{"source": "ordres"}, {"period": "2026-02-30"}, {"snapshot_at": "noon"}], ids=["source", "period", "snapshot"]
)
def test_wrong_flags_are_usage_errors_and_nothing_lands(intake: Intake, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        land_files(intake.settings, [intake.write("orders.csv", ORDERS)], **wrong)
    assert not intake.settings.landing.exists() or landings(intake) == []


def test_a_missing_file_or_a_folder_is_a_usage_error(intake: Intake, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(UsageError):
            land_files(intake.settings, [path])


def test_an_object_half_written_by_a_killed_process_is_written_again(intake: Intake) -> None:
    sha256 = hashlib.sha256(ORDERS.encode()).hexdigest()
    target = object_path(intake.settings, sha256)
    Ledger(intake.settings.ledger_path).close()  # which is there before any object is
    target.parent.mkdir(parents=True)
    target.write_text(ORDERS[:10])
    land_files(intake.settings, [intake.write("orders.csv", ORDERS)])
    assert target.read_text() == ORDERS


def test_the_landing_is_readable_by_its_owner_only(intake: Intake) -> None:
    [result] = land_files(intake.settings, [intake.write("orders.csv", ORDERS)])
    assert result.landing is not None
    assert object_path(intake.settings, result.landing.sha256).stat().st_mode & 0o077 == 0
