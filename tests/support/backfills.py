"""A running Airflow with connections to simulated platforms, and what its backfills have landed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

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
        """Business date -> its extract task, with the state of the whole run as `run_state`."""
        runs = self.served.backfill(dag_id, str(first), str(last))
        tasks = {}
        for run in runs:
            day = datetime.fromisoformat(str(run["logical_date"])).astimezone(CHINA).date()
            tasks[day] = {**self.served.task(dag_id, str(run["dag_run_id"]), "extract"), "run_state": run["state"]}
        return tasks

    def landed(self, source: str, endpoint: str, first: date, last: date) -> dict[date, list[dict[str, Any]]]:
        """Declared period -> pages of an endpoint; the scheduler's own runs of other dates are left out."""
        return landed_pages(self.served.settings, source, endpoint, first, last)


def landed_pages(settings: Settings, source: str, endpoint: str, first: date, last: date) -> dict[date, list[dict[str, Any]]]:
    """Declared period -> pages of an endpoint, of files whose period is from `first` to `last`."""
    take_inbox(settings, [source])
    pages: dict[date, list[dict[str, Any]]] = {}
    with Ledger(settings.ledger_path) as ledger:
        for landing in ledger.landings():
            if landing.source == source and landing.period is not None and first <= landing.period <= last:
                lines = object_path(settings, landing.sha256).read_text(encoding="utf-8").splitlines()
                found = [page for page in map(json.loads, lines) if page["endpoint"].endswith(endpoint)]
                pages.setdefault(landing.period, []).extend(found)
    return {day: found for day, found in sorted(pages.items()) if found}


@contextmanager
def surrounded(settings: Settings) -> Iterator[Surroundings]:
    """Airflow and its platforms, until the block ends."""
    with SimulatedWeCom() as wecom, SimulatedWeChatMp() as account:
        environment = dict(
            [
                connection_variable(wecom_connection(wecom, **AT_ONCE)),
                connection_variable(mp_connection(account, **AT_ONCE)),
                ("COMMUNITY_METRICS_ID_KEY", "a key that is the same in every test"),
            ]
        )
        with serving(settings, environment) as served:
            yield Surroundings(served, wecom, account)


def foul_weather(account: SimulatedWeChatMp, days: list[date]) -> None:
    """Delays, empty lists, missing days, quiet days, tokens that expire, broken connections and blocks, all over the days."""
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


def assert_the_truth_has_landed(settings: Settings, account: SimulatedWeChatMp, days: list[date]) -> None:
    """Every day has landed once, with the followers that it really had, and nothing that was empty, zero or delayed instead."""
    cumulates = landed_pages(settings, "wechat_mp", "getusercumulate", days[0], days[-1])
    assert list(cumulates) == days
    for day, (page,) in cumulates.items():
        assert page["response"]["list"][-1] == {"ref_date": str(day), "user_source": 0, "cumulate_user": account.followers(day)}
    for day, (page,) in landed_pages(settings, "wechat_mp", "getusersummary", days[0], days[-1]).items():
        came = any(row["ref_date"] == str(day) for row in page["response"]["list"])
        assert came == (day not in account.still)
    reads = landed_pages(settings, "wechat_mp", "getarticleread", days[0], days[-1])
    assert all(page["response"]["is_delay"] is False for found in reads.values() for page in found)
