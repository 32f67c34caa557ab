"""A refused candidate is published all the same, because somebody answers for it by name."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from community_metrics.operators.base import PipelineOperator
from community_metrics.settings import Settings


class RefusalsOperator(PipelineOperator):
    """Skips, and with it the rest of the run, when no candidate is refused. XCom: what refuses it, as a list for people."""

    def work(self, settings: Settings, context: Any) -> str:
        from community_metrics.releases.approval import refusing_checks
        from community_metrics.releases.candidate import read_candidate

        candidate = read_candidate(settings)
        refusing = refusing_checks(candidate) if candidate is not None else {}
        if not refusing:
            raise AirflowSkipException("no candidate is refused")
        return "\n".join(_said(name, check) for name, check in refusing.items())


def _said(name: str, check: dict[str, Any]) -> str:
    return f"* `{name}` ({check['status']}): {check['meaning_zh']} {check['meaning']} — {check['observed']}"


class ApproveOperator(PipelineOperator):
    """Enters into the candidate what was answered to `ask_task_id`: which check, why, and by whom Airflow says it was.

    Fails while other checks still refuse the candidate. XCom: the approval.
    """

    def __init__(self, *, ask_task_id: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.ask_task_id = ask_task_id

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics import pipeline

        answer = context["ti"].xcom_pull(task_ids=self.ask_task_id)
        user = answer["responded_by_user"]
        if not user or not user.get("name"):
            raise AirflowFailException("Airflow does not say who answered: an approval needs a name")
        values = answer["params_input"]
        approval = pipeline.approve(settings, values["check"].strip(), user["name"], values["reason"])
        if not approval.is_last:
            still = ", ".join(approval.open)
            raise AirflowFailException(f"approved {approval.check}; still refused by {still}: run this DAG for each of them")
        return approval.to_dict()
