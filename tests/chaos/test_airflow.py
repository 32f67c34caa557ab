"""Airflow's scheduler and a task's process killed in the middle of a release: the next start, and the next try, finish it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import psutil
import pytest
from chaos_home import HERE, MISFORTUNE, RUN_SECONDS, wait_for
from chaos_story import DAYS, Story
from exports import drop_day

from community_metrics.settings import PROJECT_ROOT

pytestmark = pytest.mark.chaos

BUILD = "community_metrics.warehouse.dbt:run_dbt"


def main_job(story: Story, **misfortune: Any) -> subprocess.Popen[str]:
    """What `make run` starts, without dropping anything."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "community_metrics.airflow_runtime", "--home", str(story.home.path), "run"],
        env={**os.environ, "PYTHONPATH": f"{HERE / 'inside'}:{PROJECT_ROOT / 'plugins'}", MISFORTUNE: json.dumps(misfortune)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def scheduler_of(process: subprocess.Popen[str]) -> psutil.Process:
    name = "community_metrics.airflow_runtime.scheduler"
    return next(child for child in psutil.Process(process.pid).children() if name in " ".join(child.cmdline()))


def test_a_killed_scheduler_and_a_killed_task_are_followed_by_the_release(story: Story) -> None:
    home = story.begin_after(DAYS - 1)
    drop_day(home.settings.inbox, DAYS)
    halt, struck = home.path / "halt", home.path / "struck"
    with home.read_throughout():
        first = main_job(story, act="pause", at=BUILD, call=1, when="before", ballast=str(halt))
        wait_for(halt, first)
        scheduler_of(first).kill()
        out, _ = first.communicate(timeout=RUN_SECONDS)
        assert first.returncode == 1, out
        assert "Airflow's scheduler ended with code -9" in out
        halt.unlink()

        # The task is killed once; its next try, half a minute later, is left alone.
        second = main_job(story, act="kill", at=BUILD, call=1, when="before", once=str(struck))
        out, _ = second.communicate(timeout=RUN_SECONDS)
        assert second.returncode == 0, out
        assert struck.exists()
        assert "published release" in out
    struck.unlink()
    story.assert_as_undisturbed(DAYS)
