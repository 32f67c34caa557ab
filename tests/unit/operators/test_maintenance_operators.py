"""What maintenance does with a home, and when it is red."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from community_metrics import backups, rebuilding
from community_metrics.errors import UsageError
from community_metrics.landing.inbox import land_files
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.store import object_path
from community_metrics.operators.maintenance import BackupOperator, CompareRebuildOperator, LookOverOperator, VerifyOperator
from community_metrics.rebuilding import MartComparison, RebuildReport, compare_rebuild
from community_metrics.settings import load_settings


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(home))
    with Ledger(_made(home / "landing") / "ledger.sqlite"):
        return home / "community_metrics.yml"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_backup_a_night_and_the_newest_are_kept(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AirflowSkipException, match="no folder for backups"):
        BackupOperator(task_id="backup").execute({})
    folder = tmp_path / "backups"
    config.write_text(f"backups: {{folder: {folder}, keep: 2}}")
    folder.mkdir()
    (folder / "somebody else's.tar.gz").write_text("not ours")
    for night in (1, 2, 3):
        clock = SimpleNamespace(now=lambda zone, night=night: SimpleNamespace(strftime=lambda form: f"2026110{night}T043000Z"))
        monkeypatch.setattr(backups, "datetime", clock)
        BackupOperator(task_id="backup").execute({})
    assert sorted(path.name for path in folder.iterdir()) == [
        "community-metrics-20261102T043000Z.tar.gz",
        "community-metrics-20261103T043000Z.tar.gz",
        "somebody else's.tar.gz",
    ]


@pytest.mark.parametrize("wrong", ["backups: {folder: relative}", "backups: {keep: 0}", "backups: {where: /x}", "backups: [x]"])
def test_wrong_settings_of_backups(config: Path, wrong: str) -> None:
    config.write_text(wrong)
    with pytest.raises(Exception, match="backups"):
        BackupOperator(task_id="backup").execute({})


def test_nothing_is_looked_over_before_something_is_published(config: Path) -> None:
    with pytest.raises(AirflowSkipException, match="nothing is published"):
        VerifyOperator(task_id="verify").execute({})
    with pytest.raises(UsageError, match="nothing is published"):
        compare_rebuild(load_settings())
    with pytest.raises(AirflowFailException, match="nothing is published"):
        CompareRebuildOperator(task_id="compare").execute({})


def test_only_a_difference_asks_for_approval(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compared(*differences: MartComparison) -> None:
        def answer(settings: Any) -> RebuildReport:
            return RebuildReport("r1", 21, differences, 12.0)

        monkeypatch.setattr(rebuilding, "compare_rebuild", answer)

    compared()
    with pytest.raises(AirflowSkipException, match="r1 is what a rebuild makes: 21 marts, 12 s"):
        CompareRebuildOperator(task_id="compare").execute({})
    compared(MartComparison("mart_funnel", 10, 11, "a", "b"))
    report = CompareRebuildOperator(task_id="compare").execute({})
    assert report["is_equal"] is False
    assert report["differences"][0]["mart"] == "mart_funnel"


def test_landed_bytes_that_are_not_what_was_received_turn_it_red(config: Path, tmp_path: Path) -> None:
    settings = load_settings()
    assert LookOverOperator(task_id="look_over").execute({})["files"] == 0
    received = tmp_path / "events.csv"
    received.write_text("event_id\ne1\n")
    [landed] = land_files(settings, [received])
    assert landed.landing is not None
    assert LookOverOperator(task_id="look_over").execute({})["is_sound"]
    object_path(settings, landed.landing.sha256).write_text("event_id\ne2\n")
    with pytest.raises(AirflowFailException, match=f"damaged: {landed.landing.sha256}"):
        LookOverOperator(task_id="look_over").execute({})
    settings.ledger_path.unlink()
    with pytest.raises(AirflowSkipException, match="nothing has landed"):
        LookOverOperator(task_id="look_over").execute({})
