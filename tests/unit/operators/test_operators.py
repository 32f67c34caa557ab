"""What the operators make of the pipeline's answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from community_metrics import pipeline
from community_metrics.errors import BusyError, CommunityMetricsError
from community_metrics.operators.ingest import IngestOperator, SourceGateOperator, summarise
from community_metrics.operators.release import AuditOperator, CheckNewOperator
from community_metrics.pipeline import FileReport, IngestReport


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(tmp_path))


def file_report(name: str, status: str = "ingested", quarantined: int = 0, reason: str | None = None) -> FileReport:
    return FileReport(
        landing_id="l" + name,
        sha256="s" + name,
        name=name,
        source="orders",
        account="",
        status=status,
        reason_code="missing_column" if reason else None,
        reason=reason,
        rows=10,
        accepted=10 - quarantined if status == "ingested" else 0,
        quarantined=quarantined,
        totals=0,
    )


def answering(answer: Any) -> Callable[..., Any]:
    return lambda *arguments, **options: answer


def raising(error: Exception) -> Callable[..., Any]:
    def step(*arguments: Any, **options: Any) -> Any:
        raise error

    return step


def context_after(summary: dict[str, Any]) -> dict[str, Any]:
    return {"ti": SimpleNamespace(xcom_pull=lambda task_ids: {"ingest": summary}[task_ids])}


def test_an_ingest_takes_its_own_source_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def ingest(settings: Any, sources: Any = None, retry: bool = False) -> IngestReport:
        asked.append(sources)
        return IngestReport((file_report("a.csv", quarantined=2), file_report("b.csv")))

    monkeypatch.setattr(pipeline, "ingest", ingest)
    summary = IngestOperator(task_id="ingest", sources=["orders"]).execute({})
    assert asked == [["orders"]]
    assert summary == {"files": 2, "accepted": 18, "quarantined": 2, "stopped_files": 0, "stopped": []}


def test_an_ingest_with_nothing_waiting_is_skipped_so_that_no_release_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "ingest", answering(IngestReport(())))
    with pytest.raises(AirflowSkipException, match="nothing waits of orders"):
        IngestOperator(task_id="ingest", sources=["orders"]).execute({})


def test_quarantined_rows_of_a_file_that_was_taken_leave_the_run_green() -> None:
    gate = SourceGateOperator(task_id="source_gate", ingest_task_id="ingest")
    assert gate.execute(context_after(summarise(IngestReport((file_report("a.csv", quarantined=3),))))) is None


@pytest.mark.parametrize("status", ["rejected", "held", "unrecognised"])
def test_a_file_that_did_not_get_through_makes_the_run_red_with_its_name_and_reason(status: str) -> None:
    report = IngestReport((file_report("good.csv"), file_report("bad.csv", status, reason="paid_at is missing - bad.csv - add it")))
    gate = SourceGateOperator(task_id="source_gate", ingest_task_id="ingest")
    with pytest.raises(AirflowFailException, match=f"1 of 2 files did not get through.*bad.csv: {status}.*paid_at is missing"):
        gate.execute(context_after(summarise(report)))


def test_a_run_of_a_thousand_bad_files_keeps_a_small_summary() -> None:
    summary = summarise(IngestReport(tuple(file_report(f"{number}.csv", "rejected", reason="no") for number in range(1000))))
    assert summary["stopped_files"] == 1000
    assert len(summary["stopped"]) == 50


def test_nothing_new_skips_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "nothing_new", answering(("nothing_new", "nothing new: r1 holds everything")))
    with pytest.raises(AirflowSkipException, match="r1 holds everything"):
        CheckNewOperator(task_id="check_new").execute({})


def test_something_new_lets_the_release_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "nothing_new", answering(None))
    assert CheckNewOperator(task_id="check_new").execute({}) is None


def test_a_refusal_fails_at_once_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    report = SimpleNamespace(status="refused", refused_reasons=("dau above mau: 3 rows",), checks=())
    monkeypatch.setattr(pipeline, "audit", answering(report))
    with pytest.raises(AirflowFailException, match="the published release stays: dau above mau: 3 rows"):
        AuditOperator(task_id="audit").execute({})


def test_what_somebody_has_to_mend_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "audit", raising(CommunityMetricsError("no candidate", "warehouse", "build first")))
    with pytest.raises(AirflowFailException, match="no candidate - warehouse - build first"):
        AuditOperator(task_id="audit").execute({})


def test_a_busy_warehouse_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "audit", raising(BusyError("busy")))
    with pytest.raises(BusyError):
        AuditOperator(task_id="audit").execute({})
