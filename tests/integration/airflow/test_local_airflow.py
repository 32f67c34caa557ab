"""A real Airflow, started as `make serve` starts it: scheduler, API server and DAG processor as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date, timedelta

import psutil
import pytest

from community_metrics.settings import Settings
from support.backfills import Surroundings, surrounded
from support.served_airflow import Served
from support.simulated_platforms.server import Reply


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    settings = Settings(home=tmp_path_factory.mktemp("served"))
    site = settings.releases / "r1" / "site"
    site.mkdir(parents=True)
    (site / "index.html").write_text("the released page")
    settings.published.mkdir()
    settings.current_release.symlink_to(settings.releases / "r1", target_is_directory=True)
    with surrounded(settings) as found:
        yield found


@pytest.fixture
def served(surroundings: Surroundings) -> Served:
    return surroundings.served


def processes_of_session(leader: int) -> list[str]:
    """Living processes of the session; Airflow's overwrite their environment, and some their group, but none its session."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.name())
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return found


def test_the_dashboard_stands_behind_airflow_s_login(served: Served) -> None:
    assert served.get("/community-metrics/index.html")[0] == 401
    with pytest.raises(urllib.error.HTTPError, match="401"):
        served.log_in("a guess")
    assert served.get("/community-metrics/index.html", served.log_in(served.password)) == (200, b"the released page")


def test_airflow_s_navigation_shows_the_dashboard(served: Served) -> None:
    status, body = served.get("/api/v2/plugins", served.log_in(served.password))
    assert status == 200
    (plugin,) = [plugin for plugin in json.loads(body)["plugins"] if plugin["name"] == "community_metrics"]
    assert [view["href"] for view in plugin["external_views"]] == ["/community-metrics/index.html"]


def test_airflow_s_own_backfill_runs_an_ingest_dag_over_past_dates(served: Served) -> None:
    dag_id = "ingest_refunds"
    inbox = served.settings.inbox / "refunds" / "_"
    inbox.mkdir(parents=True)
    (inbox / "refunds.csv").write_text(
        "refund_id,platform,order_id,refunded_at,amount,currency\n1,shop,9,2026-10-01T10:00:00+08:00,5.00,CNY\n", encoding="utf-8"
    )
    runs = served.backfill(dag_id, "2026-10-01T00:00:00+00:00", "2026-10-01T02:00:00+00:00")
    assert sorted((run["logical_date"], run["state"]) for run in runs) == [
        ("2026-10-01T00:00:00Z", "success"),
        ("2026-10-01T01:00:00Z", "success"),
        ("2026-10-01T02:00:00Z", "success"),
    ]
    assert list((served.settings.lake / "refunds").rglob("date=2026-10-01/*.parquet"))


def test_a_backfill_of_three_days_pulls_each_day_once_past_zeros_and_broken_connections(surroundings: Surroundings) -> None:
    first, second, last = (date.today() - timedelta(days=number) for number in (22, 21, 20))
    surroundings.wecom.zeros[second] = 4  # two owners who may be asked for, then two people
    surroundings.wecom.not_permitted["owner3"] = 48002
    surroundings.wecom.misbehave("statistic_group_by_day", Reply(broken="closed"), after=1)
    surroundings.wecom.misbehave("get_user_behavior_data", Reply({}, status=429, headers={"Retry-After": "1"}), after=2)
    tasks = surroundings.backfill("ingest_wecom_stats", first, last)
    assert {day: (task["state"], task["run_state"]) for day, task in tasks.items()} == dict.fromkeys(tasks, ("success", "success"))
    assert list(tasks) == [first, second, last]
    assert [task["try_number"] for task in tasks.values()] == [1, 2, 1]
    pages = surroundings.landed("wecom_stats", "statistic_group_by_day", first, last)
    assert {day: len(found) for day, found in pages.items()} == {first: 3, second: 3, last: 3}
    for day, found in pages.items():
        owner = next(page for page in found if page["request"]["owner_filter"]["userid_list"] == ["owner1"])
        assert owner["response"]["items"][-1]["data"]["new_chat_cnt"] == 10 + day.day
        assert sum(page["response"]["errcode"] == 48002 for page in found) == 1
    home = surroundings.served.settings.home
    texts = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.suffix in (".log", ".jsonl", ".json", ""))
    assert b"e7c1a9f05b" not in texts  # no access token in a log, a page or anywhere else
    # Of these days; a scheduled run of today may be under way.
    assert [day for day in tasks if (home / "landing" / "extracting" / "wecom_stats" / str(day)).exists()] == []


def test_a_second_airflow_on_the_same_home_is_refused(served: Served) -> None:
    command = [sys.executable, "-m", "community_metrics.airflow_runtime", "--home", str(served.settings.home), "serve"]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"Airflow already runs on this home (process {served.process.pid})" in second.stderr


def test_ctrl_c_leaves_no_process_behind(served: Served) -> None:
    assert len(processes_of_session(served.process.pid)) >= 4  # the command itself and Airflow's three components
    os.kill(served.process.pid, signal.SIGINT)
    assert served.process.wait(timeout=120) == 0
    assert processes_of_session(served.process.pid) == []
