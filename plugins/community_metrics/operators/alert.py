"""Looks at the home and tells whom it concerns."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from community_metrics.operators.base import PipelineOperator
from community_metrics.operators.notifiers import deliverer
from community_metrics.settings import Settings


class TellOperator(PipelineOperator):
    """One message for each incident that began, one for each that is over. Red when a channel did not take one.

    XCom: what is open, what was sent and what was not.
    """

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics.alerts.book import tell
        from community_metrics.alerts.incidents import incidents, read_facts

        limits = settings.alerts
        found = incidents(read_facts(settings), limits.stale_after_hours, limits.missing_after_days)
        for incident in found:
            self.log.warning("%s since %s: %s", incident.key, incident.since, "; ".join(incident.details))
        told = tell(settings, found, {name: deliverer(name, context) for name in limits.connections}, limits.site)
        if told.failed:
            raise AirflowFailException("not taken, sent again at the next look: " + "; ".join(told.failed))
        return told.to_dict()
