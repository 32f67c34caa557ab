"""Writes the reports that have become due, and sends them."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowException

from community_metrics.operators.base import PipelineOperator
from community_metrics.operators.notifiers import deliverer
from community_metrics.settings import Settings


class WriteReportsOperator(PipelineOperator):
    """The brief of each day, the report of each week and month that the current release is the first to hold whole. XCom: their titles."""

    def work(self, settings: Settings, context: Any) -> list[str]:
        from community_metrics.reports.book import write_due

        return write_due(settings)


class SendReportsOperator(PipelineOperator):
    """Each written report once to each connection. Red when one did not take it; tried again, and with every later release.

    XCom: `connection: title` of what was taken.
    """

    def work(self, settings: Settings, context: Any) -> list[str]:
        from community_metrics.reports.book import send_due

        outcome = send_due(settings, {name: deliverer(name, context) for name in settings.reports.connections})
        if outcome.failed:
            raise AirflowException("not taken, sent again: " + "; ".join(outcome.failed))
        return list(outcome.sent)
