"""Makes this process an Airflow of its own, configured as the project's local Airflow. Call before Airflow is imported."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from community_metrics.airflow_runtime.configuration import configure
from community_metrics.settings import Settings

TESTED_PORT = 1  # nothing listens there: what runs inside this process needs no server


@cache
def become_airflow() -> Path:
    """Set the environment once per process; gives Airflow's home, removed when the process ends."""
    if "airflow.configuration" in sys.modules:
        raise RuntimeError("Airflow was imported before the tests could give it a home of its own")
    home = Path(tempfile.mkdtemp(prefix="airflow-tests-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    configuration = configure(Settings(home=home, timezone="Asia/Shanghai"), port=TESTED_PORT)
    ours = {name: value for name, value in configuration.environment.items() if name.startswith("AIRFLOW_")}
    os.environ.update(ours)
    return configuration.home
