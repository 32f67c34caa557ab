"""The steps from the lake to a published release."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from community_metrics.operators.base import PipelineOperator
from community_metrics.operators.conventions import RELEASE_ASSET
from community_metrics.settings import Settings


class CheckNewOperator(PipelineOperator):
    """Skips, and with it the rest of the run, when the published release already holds what has landed."""

    def work(self, settings: Settings, context: Any) -> None:
        from community_metrics import pipeline

        idle = pipeline.nothing_new(settings)
        if idle is not None:
            raise AirflowSkipException(idle[1])


class BuildOperator(PipelineOperator):
    """Brings the working warehouse up to what has landed. XCom: the build's report."""

    def __init__(self, *, full_refresh: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.full_refresh = full_refresh

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics import pipeline

        return pipeline.build(settings, full_refresh=self.full_refresh).to_dict()


class AuditOperator(PipelineOperator):
    """Judges the candidate. A refusal fails without trying again: the same candidate would be refused again."""

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics import pipeline

        report = pipeline.audit(settings)
        if report.status == "refused":
            raise AirflowFailException("refused; the published release stays: " + "; ".join(report.refused_reasons))
        return {"status": report.status, "checks": len(report.checks)}


class PublishOperator(PipelineOperator):
    """Makes the audited candidate the release that readers see; `again`: also when one of the same files is shown. XCom: its id."""

    def __init__(self, *, again: bool = False, **arguments: Any) -> None:
        super().__init__(outlets=[RELEASE_ASSET], **arguments)
        self.again = again

    def work(self, settings: Settings, context: Any) -> str:
        from community_metrics import pipeline

        return pipeline.publish(settings, again=self.again).release_id
