"""What all operators of the project share: settings in, errors of the domain as task failures out."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from community_metrics.errors import BusyError, CommunityMetricsError
from community_metrics.extractors.failures import LaterError
from community_metrics.settings import Settings, load_settings


class PipelineOperator(BaseOperator):
    """One step of the pipeline. Heavy modules are imported inside `work`, never when a DAG file is read."""

    @abstractmethod
    def work(self, settings: Settings, context: Any) -> Any:
        """Do the step; what it returns is the task's XCom and must be small."""

    def execute(self, context: Any) -> Any:
        """Run the step. What somebody has to mend fails at once; a busy warehouse, a platform that is not ready and the unforeseen
        are tried again."""
        try:
            return self.work(load_settings(), context)
        except (BusyError, LaterError):
            raise
        except CommunityMetricsError as error:
            raise AirflowFailException(str(error)) from error
