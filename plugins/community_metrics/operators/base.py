"""What all operators of the project share: settings in, errors of the domain as task failures out."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.log import mask_secret

from community_metrics.errors import BusyError, CommunityMetricsError
from community_metrics.extractors.failures import LaterError
from community_metrics.observability.logs import logging_to
from community_metrics.observability.masking import hide
from community_metrics.observability.runs import triggered_by
from community_metrics.settings import Settings, load_settings


def keep_secret(secret: str) -> None:
    """From now on the text is in no log, neither Airflow's nor the home's."""
    mask_secret(secret)
    hide(secret)


class PipelineOperator(BaseOperator):
    """One step of the pipeline. Heavy modules are imported inside `work`, never when a DAG file is read."""

    @abstractmethod
    def work(self, settings: Settings, context: Any) -> Any:
        """Do the step; what it returns is the task's XCom and must be small."""

    def execute(self, context: Any) -> Any:
        """Run the step. What somebody has to mend fails at once; a busy warehouse, a platform that is not ready and the unforeseen
        are tried again."""
        try:
            settings = load_settings()
            with logging_to(settings), _triggered_by(context):
                return self.work(settings, context)
        except (BusyError, LaterError):
            raise
        except CommunityMetricsError as error:
            raise AirflowFailException(str(error)) from error


@contextmanager
def _triggered_by(context: Any) -> Iterator[None]:
    """All tasks of a DAG's run, and all attempts, are one run of the pipeline."""
    dag_run = context.get("dag_run")
    if dag_run is None:
        yield
        return
    trigger = f"{dag_run.dag_id} {dag_run.run_id}"
    with triggered_by(trigger, f"dag-{hashlib.sha256(trigger.encode()).hexdigest()[:12]}"):
        yield
