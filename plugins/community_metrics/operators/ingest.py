"""Landing -> lake for one source, and the verdict on what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from community_metrics.operators.base import PipelineOperator
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from community_metrics.pipeline import IngestReport

_REASONS_SHOWN = 50


class IngestOperator(PipelineOperator):
    """Takes everything that waits of some sources, through the source gate; skips when nothing waits.

    XCom: `summarise(report)`. The outlet's event says that the source has something new; it is not sent by a skipped task.
    """

    def __init__(self, *, sources: Sequence[str], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.sources = list(sources)

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics import pipeline

        report = pipeline.ingest(settings, sources=self.sources)
        if not report.files:
            raise AirflowSkipException(f"nothing waits of {', '.join(self.sources)}")
        summary = summarise(report)
        self.log.info("%(files)s files: %(accepted)s rows accepted, %(quarantined)s quarantined", summary)
        return summary


class SourceGateOperator(PipelineOperator):
    """Fails, without trying again, when a file of this run was rejected, held or not recognised.

    A task of its own, because the files that did get through go on to a release all the same. Quarantined rows of a file
    that was taken are counted, and shown with the data; how many are too many is for the source gate to say.
    """

    def __init__(self, *, ingest_task_id: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.ingest_task_id = ingest_task_id

    def work(self, settings: Settings, context: Any) -> None:
        summary = context["ti"].xcom_pull(task_ids=self.ingest_task_id)
        if summary is None:
            raise AirflowSkipException("nothing was ingested")
        for reason in summary["stopped"]:
            self.log.error(reason)
        if summary["stopped_files"]:
            raise AirflowFailException(
                f"{summary['stopped_files']} of {summary['files']} files did not get through; the first: {summary['stopped'][0]}"
            )


def summarise(report: IngestReport) -> dict[str, Any]:
    """The report in numbers: files, rows accepted and quarantined, and why files were stopped (the first 50)."""
    stopped = [file for file in report.files if file.status != "ingested"]
    return {
        "files": len(report.files),
        "accepted": sum(file.accepted for file in report.files),
        "quarantined": sum(file.quarantined for file in report.files),
        "stopped_files": len(stopped),
        "stopped": [f"{file.name}: {file.status}, {file.reason_code}: {file.reason}" for file in stopped[:_REASONS_SHOWN]],
    }
