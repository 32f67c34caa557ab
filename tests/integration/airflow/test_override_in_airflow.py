"""Somebody answers for a refused release in Airflow itself: the DAG waits, the answer comes through the API, and readers see by whom."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from community_metrics import pipeline
from community_metrics.landing.inbox import land_files
from community_metrics.releases.candidate import read_candidate
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.pointer import current_release_id
from community_metrics.settings import load_settings
from support.served_airflow import START_SECONDS, Served, serving

# A build and an Airflow of its own.
pytestmark = pytest.mark.laws

DAG = "/api/v2/dags/release_override"
ASKED_SECONDS = 15
REASON = "the shop was closed that day"


def call(served: Served, method: str, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        served.url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {served.log_in(served.password)}", "Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.load(answer)


def wait_for_state(served: Served, path: str, *states: str) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while (found := call(served, "GET", path))["state"] not in states:
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return dict(found)


def test_a_refused_release_is_published_when_somebody_answers_for_it(tmp_path: Path) -> None:
    (tmp_path / "community_metrics.yml").write_text("sources:\n  orders:\n    required: true\n", encoding="utf-8")
    settings = load_settings(tmp_path)
    events = tmp_path.parent / "events.csv"
    events.write_text("event_id,occurred_at,platform,member_id,event_type\ne1,2026-06-01T10:00:00+08:00,x,u,message\n", encoding="utf-8")
    land_files(settings, [events], source="events")
    assert pipeline.run(settings).outcome == "refused"
    candidate = read_candidate(settings)
    assert candidate is not None

    with serving(settings) as served:
        run = call(served, "POST", f"{DAG}/dagRuns", {"logical_date": None, "conf": {}})["dag_run_id"]
        ask = f"{DAG}/dagRuns/{run}/taskInstances/ask"
        wait_for_state(served, ask, "awaiting_input")
        asked = call(served, "GET", f"{ask}/-1/hitlDetails")
        [listed] = [line for line in asked["body"].splitlines() if "orders" in line]
        check = listed.split("`")[1]
        assert asked["response_received"] is False
        assert current_release_id(settings) is None

        # The process that asked ends some 5 s after it has; an answer that is faster than that is lost to Airflow, which asks again.
        time.sleep(ASKED_SECONDS)
        answer = {"chosen_options": ["Approve"], "params_input": {"check": check, "reason": REASON}}
        assert call(served, "PATCH", f"{ask}/-1/hitlDetails", answer)["responded_by"]["name"] == "admin"
        assert wait_for_state(served, f"{DAG}/dagRuns/{run}", "success", "failed")["state"] == "success"

    assert current_release_id(settings) is not None
    [approval] = read_manifest(settings.current_release)["approvals"]
    assert (approval["check"], approval["by"], approval["reason"]) == (check, "admin", REASON)
