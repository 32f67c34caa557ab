"""Peers' cases through the real pipeline, from landing to marts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from oracles.case_files import event, person, retention_case, write_cases

SHARED_CASES = Path(__file__).resolve().parents[3] / "shared" / "oracles"


def run_oracles(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COMMUNITY_METRICS_")}
    command = [sys.executable, "-m", "community_metrics.oracles", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


LIFECYCLE = {
    "name": "lifecycle by day",
    "metric": "lifecycle",
    "params": {
        "date_from": "2020-06-01",
        "date_to": "2020-06-04",
        "interval": "day",
        "timezone": "UTC",
        "week_start": "monday",
        "event": "visit",
    },
    "persons": [person("ann", created_at="2020-05-30T08:00:00Z"), person("ben", "ben-1", "ben-2", created_at="2020-06-02T08:00:00Z")],
    "events": [
        event("ann", "2020-06-01T09:00:00Z"),
        event("ben-1", "2020-06-02T09:00:00Z", person="ben"),
        event("ben-2", "2020-06-03T09:00:00Z", person="ben"),
        event("ann", "2020-06-04T09:00:00Z"),
    ],
    "expected": {"new": [0, 1, 0, 0], "returning": [0, 0, 1, 0], "resurrecting": [1, 0, 0, 1], "dormant": [0, -1, 0, -1]},
}
WEEKLY_ACTIVE = {
    "name": "weekly active in Shanghai",
    "metric": "trends",
    "params": {
        "date_from": "2020-06-07",
        "date_to": "2020-06-09",
        "math": "weekly_active",
        "interval": "day",
        "timezone": "Asia/Shanghai",
        "week_start": "monday",
        "event": "visit",
    },
    "persons": [person("ann"), person("ben")],
    # In Shanghai Ann's visit is on 1 June and Ben's on 2 June.
    "events": [event("ann", "2020-05-31T16:00:00Z"), event("ben", "2020-06-01T17:00:00Z")],
    "expected": {"data": [2, 1, 0]},
}


def test_right_answers_pass_wrong_ones_fail_and_the_rest_is_named_with_its_reason(tmp_path: Path) -> None:
    wrong = retention_case(name="wrong answer", expected={"values": [[2, 1, 1, 1], [2, 0, 1], [1, 1], [1]]})
    grouped = retention_case(name="by group", params={"actor": "prop:$group_0"})
    write_cases(tmp_path, retention_case(), LIFECYCLE, WEEKLY_ACTIVE, wrong, grouped)
    result = run_oracles(tmp_path)
    assert result.stdout.splitlines() == [
        "passed: own.json retention by day",
        "passed: own.json lifecycle by day",
        "passed: own.json weekly active in Shanghai",
        "failed: own.json wrong answer - values:"
        " expected [[2, 1, 1, 1], [2, 0, 1], [1, 1], [1]], got [[2, 1, 1, 1], [2, 0, 1], [1, 0], [1]]",
        "not supported: own.json by group - groups as actors",
        "3 passed, 1 failed, 1 not supported",
    ], result.stderr
    assert result.returncode == 1


def test_a_folder_without_cases_says_what_to_do(tmp_path: Path) -> None:
    result = run_oracles(tmp_path)
    assert result.returncode == 2
    assert "no case files" in result.stderr


def test_the_collected_cases_of_peers_pass() -> None:
    if not SHARED_CASES.is_dir():
        pytest.skip(f"no collection of peers' cases at {SHARED_CASES}")
    result = run_oracles(SHARED_CASES)
    assert [line for line in result.stdout.splitlines() if line.startswith("failed")] == [], result.stderr
    summary = re.fullmatch(r"(\d+) passed, 0 failed, \d+ not supported", result.stdout.splitlines()[-1])
    assert summary is not None
    assert int(summary[1]) >= 34
    assert result.returncode == 0
