"""Airflow's own backfill over sources with an API, by a running scheduler, against platforms that misbehave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from community_metrics.extractors.windows import CHINA
from community_metrics.landing.inbox import take_inbox
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.store import object_path
from community_metrics.settings import Settings
from support.connections import connection_variable
from support.extraction import mp_connection, wecom_connection
from support.served_airflow import Served, serving
from support.simulated_platforms.server import Reply
from support.simulated_platforms.wechat_mp import SimulatedWeChatMp
from support.simulated_platforms.wecom import SimulatedWeCom

AT_ONCE = {"not_ready_seconds": 0, "settled_seconds": 0}


@dataclass
class Surroundings:
    """A running Airflow, and the platforms that its connections lead to."""

    served: Served
    wecom: SimulatedWeCom
    account: SimulatedWeChatMp

    def backfill(self, dag_id: str, first: date, last: date) -> dict[date, dict[str, Any]]:
        """Business date -> its extract task."""
        runs = self.served.backfill(dag_id, str(first), str(last))
        dates = [datetime.fromisoformat(str(run["logical_date"])).astimezone(CHINA).date() for run in runs]
        return {day: self.served.task(dag_id, str(run["dag_run_id"]), "extract") for day, run in zip(dates, runs, strict=True)}

    def landed(self, source: str, endpoint: str) -> dict[date, list[dict[str, Any]]]:
        """Declared period -> pages of an endpoint."""
        settings = self.served.settings
        take_inbox(settings, [source])
        pages: dict[date, list[dict[str, Any]]] = {}
        with Ledger(settings.ledger_path) as ledger:
            for landing in ledger.landings():
                if landing.source == source and landing.period is not None:
                    lines = object_path(settings, landing.sha256).read_text(encoding="utf-8").splitlines()
                    found = [page for page in map(json.loads, lines) if page["endpoint"].endswith(endpoint)]
                    pages.setdefault(landing.period, []).extend(found)
        return {day: found for day, found in pages.items() if found}


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    with ExitStack() as stack:
        wecom = stack.enter_context(SimulatedWeCom())
        account = stack.enter_context(SimulatedWeChatMp())
        environment = dict(
            [
                connection_variable(wecom_connection(wecom, **AT_ONCE)),
                connection_variable(mp_connection(account, **AT_ONCE)),
                ("COMMUNITY_METRICS_ID_KEY", "a key that is the same in every test"),
            ]
        )
        served = stack.enter_context(serving(Settings(home=tmp_path_factory.mktemp("served")), environment))
        yield Surroundings(served, wecom, account)


def days_ago(days: int) -> date:
    return datetime.now(CHINA).date() - timedelta(days=days)


def test_a_backfill_of_three_days_pulls_each_day_once_past_zeros_and_broken_connections(surroundings: Surroundings) -> None:
    first, second, last = (days_ago(number) for number in (22, 21, 20))
    surroundings.wecom.zeros[second] = 4  # two owners who may be asked for, then two people
    surroundings.wecom.not_permitted["owner3"] = 48002
    surroundings.wecom.misbehave("statistic_group_by_day", Reply(broken="closed"), after=1)
    surroundings.wecom.misbehave("get_user_behavior_data", Reply({}, status=429, headers={"Retry-After": "1"}), after=2)
    tasks = surroundings.backfill("ingest_wecom_stats", first, last)
    assert [(day, task["state"]) for day, task in tasks.items()] == [(first, "success"), (second, "success"), (last, "success")]
    assert [task["try_number"] for task in tasks.values()] == [1, 2, 1]
    pages = surroundings.landed("wecom_stats", "statistic_group_by_day")
    assert {day: len(found) for day, found in pages.items()} == {first: 3, second: 3, last: 3}
    for day, found in pages.items():
        owner = next(page for page in found if page["request"]["owner_filter"]["userid_list"] == ["owner1"])
        assert owner["response"]["items"][-1]["data"]["new_chat_cnt"] == 10 + day.day
        assert sum(page["response"]["errcode"] == 48002 for page in found) == 1
    home = surroundings.served.settings.home
    texts = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.suffix in (".log", ".jsonl", ".json", ""))
    assert b"e7c1a9f05b" not in texts  # no access token in a log, a page or anywhere else
    assert not (home / "landing" / "extracting" / "wecom_stats").exists()


@pytest.mark.laws
def test_a_backfill_of_sixty_days_ends_with_every_day_whatever_the_platform_does(surroundings: Surroundings) -> None:
    days = [days_ago(number) for number in range(80, 20, -1)]
    account = surroundings.account
    account.token_lasts_calls = 97
    for number, day in enumerate(days):
        if number % 7 == 3:
            account.delays[day] = 2
        if number % 11 == 5:
            account.empty_summaries[day] = 1
        if number % 13 == 6:
            account.still.add(day)
        if number % 9 == 4:
            account.missing_cumulates[day] = 1
    account.misbehave("getarticleread", Reply(broken="closed"), times=3, after=20)
    account.misbehave("getusersummary", Reply(text="<html>Bad gateway</html>", status=502), times=2, after=15)
    account.misbehave("getarticletotaldetail", Reply({}, status=429, headers={"Retry-After": "1"}), times=2, after=300)
    tasks = surroundings.backfill("ingest_wechat_mp", days[0], days[-1])
    assert {day: task["state"] for day, task in tasks.items()} == dict.fromkeys(days, "success")
    cumulates = surroundings.landed("wechat_mp", "getusercumulate")
    assert sorted(cumulates) == days
    for day, (page,) in cumulates.items():
        assert page["response"]["list"][-1] == {"ref_date": str(day), "user_source": 0, "cumulate_user": account.followers(day)}
    for day, (page,) in surroundings.landed("wechat_mp", "getusersummary").items():
        came = any(row["ref_date"] == str(day) for row in page["response"]["list"])
        assert came == (day not in account.still)
    reads = surroundings.landed("wechat_mp", "getarticleread")
    assert all(page["response"]["is_delay"] is False for found in reads.values() for page in found)
