"""Sixty days of Airflow's own backfill against a platform that misbehaves all the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from community_metrics.extractors.windows import CHINA
from community_metrics.settings import Settings
from support.backfills import Surroundings, surrounded
from support.simulated_platforms.server import Reply


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    with surrounded(Settings(home=tmp_path_factory.mktemp("served"))) as found:
        yield found


def days_ago(days: int) -> date:
    return datetime.now(CHINA).date() - timedelta(days=days)


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
    assert {day: (task["state"], task["run_state"]) for day, task in tasks.items()} == dict.fromkeys(days, ("success", "success"))
    cumulates = surroundings.landed("wechat_mp", "getusercumulate", days[0], days[-1])
    assert list(cumulates) == days
    for day, (page,) in cumulates.items():
        assert page["response"]["list"][-1] == {"ref_date": str(day), "user_source": 0, "cumulate_user": account.followers(day)}
    for day, (page,) in surroundings.landed("wechat_mp", "getusersummary", days[0], days[-1]).items():
        came = any(row["ref_date"] == str(day) for row in page["response"]["list"])
        assert came == (day not in account.still)
    reads = surroundings.landed("wechat_mp", "getarticleread", days[0], days[-1])
    assert all(page["response"]["is_delay"] is False for found in reads.values() for page in found)
