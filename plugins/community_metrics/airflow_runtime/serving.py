"""Airflow with the dashboard in it, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path

from community_metrics.airflow_runtime.configuration import ADMINISTRATOR, configure
from community_metrics.airflow_runtime.local import Say, local_airflow
from community_metrics.airflow_runtime.main_job import RELEASE_DAG
from community_metrics.settings import Settings

SITE_PATH = "/community-metrics/"


def serve(settings: Settings, port: int | None, say: Say) -> int:
    """Keep Airflow up with its schedules running; gives 0 when the user ends it."""
    configuration = configure(settings, port)
    try:
        with local_airflow(configuration, {RELEASE_DAG}, say) as airflow:
            say(f"  Airflow     {configuration.url}")
            say(f"  dashboard   {configuration.url}{SITE_PATH}")
            say(f"  login       {ADMINISTRATOR} / {configuration.password}   ({Path(configuration.home) / 'passwords.json'})")
            say("Ctrl-C ends it.")
            while True:
                airflow.pause(1)
    except KeyboardInterrupt:
        say("stopped")
    return 0
