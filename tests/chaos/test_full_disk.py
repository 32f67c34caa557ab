"""A disk that runs full while files land, during the build, during the publication: told as that, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from chaos_home import HERE
from chaos_story import DAYS, Story

from community_metrics.settings import PROJECT_ROOT

pytestmark = pytest.mark.chaos


def test_a_disk_that_runs_full_at_every_step_in_turn(story: Story) -> None:
    story.begin_after(1)
    if subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(story.home.path)], capture_output=True, check=False
    ).returncode:
        pytest.skip("this kernel gives an ordinary user no mounts of their own")
    expected = {"digest": story.digests[DAYS], "files": story.files[DAYS]}
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT_ROOT / 'plugins'}:{PROJECT_ROOT}:{HERE}"}
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, str(HERE / "full_disk.py"), str(story.kept), str(DAYS)],
        env=environment,
        input=json.dumps(expected),
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
