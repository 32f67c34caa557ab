"""An override in Airflow: who answered is who stands in the manifest."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from community_metrics.audit.results import AuditReport, CheckResult
from community_metrics.operators.override import ApproveOperator, RefusalsOperator
from community_metrics.releases.candidate import Candidate, read_candidate, write_candidate
from community_metrics.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(tmp_path))
    return load_settings()


def refuse(settings: Settings, *names: str, status: str = "failed") -> None:
    checks = tuple(
        CheckResult(
            gate="marts",
            suite="mart_growth_daily",
            check=name,
            severity="critical",
            status=status,  # type: ignore[arg-type]
            observed="3 rows",
            expected="0 rows",
            column=None,
            unexpected_examples=(),
            meaning="Stock follows from flows",
            meaning_zh="存量由流量得出",
        )
        for name in names
    )
    report = AuditReport("refused", "built", checks)
    write_candidate(settings, Candidate("built", "2026-06-01T04:00:00.000000Z", []).audited(report, "suites"))


def answer(check: str, by: Any) -> dict[str, Any]:
    values = {"chosen_options": ["Approve"], "params_input": {"check": check, "reason": "the group was dissolved"}, "responded_by_user": by}
    return {"ti": SimpleNamespace(xcom_pull=lambda task_ids: {"ask": values}[task_ids])}


def test_what_refuses_is_listed_for_people(settings: Settings) -> None:
    with pytest.raises(AirflowSkipException, match="no candidate is refused"):
        RefusalsOperator(task_id="refusals").execute({})
    refuse(settings, "stock")
    listed = RefusalsOperator(task_id="refusals").execute({})
    assert listed == "* `mart_growth_daily.stock` (failed): 存量由流量得出 Stock follows from flows — 3 rows"


def test_who_answered_stands_in_the_candidate(settings: Settings) -> None:
    refuse(settings, "stock")
    context = answer("mart_growth_daily.stock ", {"id": "7", "name": "Lin Xiaohe"})
    ApproveOperator(task_id="approve", ask_task_id="ask").execute(context)
    candidate = read_candidate(settings)
    assert candidate is not None and candidate.audit_status == "passed"
    assert [(entry["check"], entry["by"], entry["reason"]) for entry in candidate.approvals] == [
        ("mart_growth_daily.stock", "Lin Xiaohe", "the group was dissolved")
    ]


def test_one_of_two_is_not_enough(settings: Settings) -> None:
    refuse(settings, "stock", "flows")
    context = answer("mart_growth_daily.stock", {"id": "7", "name": "Lin Xiaohe"})
    with pytest.raises(AirflowFailException, match=r"still refused by mart_growth_daily\.flows"):
        ApproveOperator(task_id="approve", ask_task_id="ask").execute(context)


@pytest.mark.parametrize(
    ("check", "by", "status", "wrong"),
    [
        ("mart_growth_daily.stock", None, "failed", "does not say who answered"),
        ("mart_growth_daily.stack", {"id": "7", "name": "Lin"}, "failed", "does not refuse the candidate"),
        ("mart_growth_daily.stock", {"id": "7", "name": "Lin"}, "broken", "could not be evaluated"),
    ],
)
def test_what_is_no_approval(settings: Settings, check: str, by: Any, status: str, wrong: str) -> None:
    refuse(settings, "stock", status=status)
    with pytest.raises(AirflowFailException, match=wrong):
        ApproveOperator(task_id="approve", ask_task_id="ask").execute(answer(check, by))
    candidate = read_candidate(settings)
    assert candidate is not None and candidate.audit_status == "refused"
