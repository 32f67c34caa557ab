"""Sixty days of Airflow's own backfill against a platform that misbehaves all the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from community_metrics.extractors.windows import CHINA
from community_metrics.settings import Settings
from support.backfills import Surroundings, assert_the_truth_has_landed, foul_weather, surrounded


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
    foul_weather(account, days)
    tasks = surroundings.backfill("ingest_wechat_mp", days[0], days[-1])
    assert {day: (task["state"], task["run_state"]) for day, task in tasks.items()} == dict.fromkeys(days, ("success", "success"))
    assert_the_truth_has_landed(surroundings.served.settings, account, days)
