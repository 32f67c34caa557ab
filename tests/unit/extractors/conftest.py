"""Simulated platforms, and a runner of extractions against them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from community_metrics.settings import Settings
from support.extraction import Runner
from support.simulated_platforms import ocean_engine, wechat_mp, wecom


@pytest.fixture
def runner(home: Settings) -> Runner:
    return Runner(home)


@pytest.fixture
def simulated_wecom() -> Iterator[wecom.SimulatedWeCom]:
    with wecom.SimulatedWeCom() as platform:
        yield platform


@pytest.fixture
def simulated_mp() -> Iterator[wechat_mp.SimulatedWeChatMp]:
    with wechat_mp.SimulatedWeChatMp() as platform:
        yield platform


@pytest.fixture
def simulated_ads() -> Iterator[ocean_engine.SimulatedOceanEngine]:
    with ocean_engine.SimulatedOceanEngine() as platform:
        yield platform
