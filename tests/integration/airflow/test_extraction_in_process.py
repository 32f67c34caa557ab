"""The DAGs of sources with an API, through Airflow's own task machinery, against platforms that misbehave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.utils.db import initdb

from community_metrics.extractors.windows import CHINA
from community_metrics.landing.inbox import take_inbox
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.store import object_path
from community_metrics.settings import PROJECT_ROOT, Settings
from support.backfills import assert_the_truth_has_landed, foul_weather
from support.connections import connection_variable
from support.extraction import ads_connection, mp_connection, wecom_connection
from support.simulated_platforms.ocean_engine import SimulatedOceanEngine
from support.simulated_platforms.server import Reply
from support.simulated_platforms.wechat_mp import SimulatedWeChatMp
from support.simulated_platforms.wecom import SimulatedWeCom, error

AT_ONCE = {"not_ready_seconds": 0, "settled_seconds": 0}


class Line:
    """The project's DAGs on one home; each run gives task id -> (state, tries)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._dags = DagBag(PROJECT_ROOT / "dags").dags

    def run(self, dag_id: str, day: date, conf: dict[str, Any] | None = None) -> dict[str, tuple[str, int]]:
        """The run of a business date: its logical date is the day's beginning, its data interval the day."""
        over = datetime.combine(day + timedelta(days=1), time(0), CHINA)
        run = self._dags[dag_id].test(logical_date=over, run_conf=conf)
        return {instance.task_id: (str(instance.state), instance.try_number) for instance in run.get_task_instances()}

    def landed(self, source: str, endpoint: str) -> list[dict[str, Any]]:
        """The pages of an endpoint that have landed, in the order of their files."""
        take_inbox(self.settings, [source])
        with Ledger(self.settings.ledger_path) as ledger:
            names = sorted((landing.original_name, landing.sha256) for landing in ledger.landings() if landing.source == source)
        lines = [line for _, sha in names for line in object_path(self.settings, sha).read_text(encoding="utf-8").splitlines()]
        return [page for page in map(json.loads, lines) if page["endpoint"].endswith(endpoint)]


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    home: Path = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMUNITY_METRICS_HOME", str(home))
        patch.setenv("COMMUNITY_METRICS_ID_KEY", "a key that is the same in every test")
        initdb()
        yield Line(Settings(home=home))


def yesterday() -> date:
    return datetime.now(CHINA).date() - timedelta(days=1)


def test_groups_reach_the_lake_past_a_token_that_expires_a_block_and_a_broken_connection(
    line: Line, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with SimulatedWeCom(groups=12) as platform:
        platform.token_lasts_calls = 6
        platform.not_permitted["owner3"] = 60011
        platform.misbehave("groupchat/get", Reply({}, status=429, headers={"Retry-After": "1"}), after=2)
        platform.misbehave("groupchat/get", Reply(broken="closed"), after=4)
        monkeypatch.setenv(*connection_variable(wecom_connection(platform, owners=platform.owners, **AT_ONCE)))
        states = line.run("ingest_wecom_groups", yesterday())
    assert states == {"extract": ("success", 1), "ingest": ("success", 1), "source_gate": ("success", 1)}
    found = (line.settings.lake / "wecom_groups").rglob(f"date={yesterday()}/*.parquet")
    assert {path.relative_to(line.settings.lake / "wecom_groups").parts[0] for path in found} == {"group_list", "groups", "group_members"}
    log = caplog.text + "".join(capfd.readouterr())
    assert "not fetched: groups of owner3: code 60011" in log
    assert "e7c1a9f05b" not in log


def test_without_a_connection_the_drop_is_taken_all_the_same(line: Line) -> None:
    members = [{"userid": "zhang", "type": 1, "join_time": 1_790_000_000, "join_scene": 1}]
    group = {"chat_id": "wr-dropped", "name": "", "owner": "zhang", "create_time": 1_790_000_000, "member_list": members}
    page = {"errcode": 0, "errmsg": "ok", "group_chat": group}
    drop = line.settings.inbox / "wecom_groups" / "ww-dropped" / f"dt={yesterday()}" / "page.json"
    drop.parent.mkdir(parents=True)
    drop.write_text(json.dumps(page), encoding="utf-8")
    states = line.run("ingest_wecom_groups", yesterday())
    assert {task: state for task, (state, _) in states.items()} == {"extract": "skipped", "ingest": "success", "source_gate": "success"}


def test_a_past_date_of_a_list_of_the_present_is_skipped(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatedWeCom() as platform:
        monkeypatch.setenv(*connection_variable(wecom_connection(platform)))
        states = line.run("ingest_wecom_groups", yesterday() - timedelta(days=5))
        assert platform.calls == []
    assert {state for state, _ in states.values()} == {"skipped"}


def test_a_permission_that_is_missing_makes_the_run_red_at_once(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatedWeCom() as platform:
        platform.misbehave("gettoken", error(60020, "not allow to access from your ip"), times=99)
        monkeypatch.setenv(*connection_variable(wecom_connection(platform)))
        states = line.run("ingest_wecom_groups", yesterday())
    assert states["extract"] == ("failed", 1)
    assert states["source_gate"][0] == "upstream_failed"


def test_a_week_of_statistics_with_zeros_before_they_are_ready_and_an_owner_without_permission(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [yesterday() - timedelta(days=number) for number in (12, 11, 10)]
    with SimulatedWeCom() as platform:
        platform.zeros[days[1]] = 4  # two owners who may be asked for, then two people
        platform.not_permitted["owner2"] = 48002
        platform.misbehave("get_user_behavior_data", Reply(broken="half", body={"errcode": 0}), after=1)
        monkeypatch.setenv(*connection_variable(wecom_connection(platform, **AT_ONCE)))
        runs = [line.run("ingest_wecom_stats", day) for day in days]
    assert [run["source_gate"] for run in runs] == [("success", 1)] * 3
    assert [run["extract"] for run in runs] == [("success", 1), ("success", 2), ("success", 1)]
    pages = line.landed("wecom_stats", "statistic_group_by_day")
    assert len(pages) == 9
    assert [page["response"]["errcode"] for page in pages if page["request"]["owner_filter"]["userid_list"] == ["owner2"]] == [48002] * 3
    newest = [page["response"]["items"][-1]["data"] for page in pages if page["request"]["owner_filter"]["userid_list"] == ["owner1"]]
    assert [figures["chat_total"] for figures in newest] == [10 + day.day + 1 for day in days]


def test_official_account_and_ads_over_three_days_with_delays_and_zeros(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [yesterday() - timedelta(days=number) for number in (40, 39, 38)]
    with SimulatedWeChatMp() as account, SimulatedOceanEngine() as ads:
        account.delays[days[0]] = 1
        account.empty_summaries[days[2]] = 1
        ads.zeros[days[1]] = 1
        monkeypatch.setenv(*connection_variable(mp_connection(account, **AT_ONCE)))
        monkeypatch.setenv(*connection_variable(ads_connection(ads, **AT_ONCE)))
        read = [line.run("ingest_wechat_mp", day) for day in days]
        spent = [line.run("ingest_ad_spend", day) for day in days]
        assert ads.refreshed == 1  # the token is kept with Airflow between the runs
    assert [state for run in (*read, *spent) for state, _ in run.values()] == ["success"] * 18
    assert [run["extract"][1] for run in read] == [2, 1, 2]
    assert [run["extract"][1] for run in spent] == [1, 2, 1]
    assert all(page["response"]["is_delay"] is False for page in line.landed("wechat_mp", "getarticleread"))
    reports = line.landed("ad_spend", "report/custom/get")
    assert [page["request"]["end_time"] for page in reports] == [str(day) for day in days]


def test_somebody_who_waits_is_not_kept_waiting_for_a_platform_that_is_not_ready(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    day = yesterday() - timedelta(days=20)
    with SimulatedWeCom() as platform:
        platform.quiet.add(day)
        monkeypatch.setenv(*connection_variable(wecom_connection(platform)))
        states = line.run("ingest_wecom_stats", day, {"wait": False})
    assert states["extract"] == ("skipped", 1)
    assert states["ingest"][0] == "success"  # the figures of the groups are there


@pytest.mark.laws
def test_sixty_days_end_with_every_day_whatever_the_platform_does(tmp_path: Path, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as through a scheduler (test_extraction_backfill), in a tenth of the time."""
    days = [yesterday() - timedelta(days=number) for number in range(79, 19, -1)]
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(tmp_path))
    with SimulatedWeChatMp() as account:
        foul_weather(account, days)
        monkeypatch.setenv(*connection_variable(mp_connection(account, **AT_ONCE)))
        runs = {day: line.run("ingest_wechat_mp", day) for day in days}
    assert {day: {state for state, _ in run.values()} for day, run in runs.items()} == {day: {"success"} for day in days}
    assert sum(run["extract"][1] for run in runs.values()) > 70
    assert_the_truth_has_landed(Settings(home=tmp_path), account, days)
