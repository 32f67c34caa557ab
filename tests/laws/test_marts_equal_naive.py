"""Generated histories through the real pipeline: every row of every mart is what plain loops over the rows say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from community_metrics.settings import Settings
from support.histories.comparison import differences
from support.histories.generator import History, generate_history
from support.histories.pipeline_home import PipelineHome
from support.naive.marts import GRAINS, naive_marts
from support.naive.records import Landing, Rules

# An example costs a build, so none is spent on shrinking: the seed in the message makes the same history again.
PROFILE = {
    "deadline": None,
    "phases": (Phase.explicit, Phase.generate),
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    "database": None,
    "derandomize": True,
}
seeds = st.integers(min_value=0, max_value=2**32 - 1)


@contextmanager
def fresh_home(home: Settings, rules: Rules) -> Iterator[PipelineHome]:
    """A home for one example, gone after it."""
    path: Path = home.home / "example"
    shutil.rmtree(path, ignore_errors=True)
    yield PipelineHome(replace(home, home=path), rules)
    shutil.rmtree(path, ignore_errors=True)


def assert_equal(built: PipelineHome, landings: list[Landing], rules: Rules, history: History) -> None:
    lines = []
    for mart, expected in naive_marts(landings, rules).items():
        assert expected, f"{history}: a history without rows in {mart} shows nothing"
        lines += differences(mart, expected, built.rows(mart, GRAINS[mart]))
    assert not lines, f"{history}: {len(lines)} differences\n" + "\n".join(lines[:30])


def check_history(home: Settings, seed: int) -> None:
    history = generate_history(seed)
    with fresh_home(home, history.rules) as built:
        built.land(history.files)
        built.build()
        assert_equal(built, history.landings(), history.rules, history)


@settings(max_examples=1, **PROFILE)
@given(seed=seeds)
def test_every_mart_of_a_generated_history(home: Settings, seed: int) -> None:
    check_history(home, seed)


@pytest.mark.laws
@settings(max_examples=20, **PROFILE)
@given(seed=seeds.filter(lambda seed: seed > 0))
# The first of all to join is told by an event, before anybody is active or present.
@example(seed=299360205)
def test_every_mart_of_many_generated_histories(home: Settings, seed: int) -> None:
    check_history(home, seed)


@pytest.mark.laws
@settings(max_examples=6, **PROFILE)
@given(seed=seeds)
# The only file of memberships is taken back, of somebody whose id is linked to another one.
@example(seed=324)
def test_after_every_landing_an_incremental_build_is_what_a_full_one_would_be(home: Settings, seed: int) -> None:
    """Files come and go one by one, releases are published in between, and never does a build show what is not so."""
    history = generate_history(seed)
    with fresh_home(home, history.rules) as built:
        landed: list[tuple[int, Landing]] = []
        # The first part makes every mart non-empty; then every file by itself.
        half = len(history.files) * 2 // 3
        for number, step in enumerate([history.files[:half], *([file] for file in history.files[half:])]):
            built.land(step)
            landed += [(order, file.landing(order)) for order, file in enumerate(history.files) if file in step]
            if number % 3 == 2:
                order, withdrawn = landed.pop(seed % len(landed))
                built.withdraw(history.files[order])
                assert withdrawn.sha256 == history.files[order].landing(order).sha256
            built.build()
            if number % 2 == 0:
                built.publish()
            landings = [landing for _, landing in landed]
            lines = [
                line
                for mart, expected in naive_marts(landings, history.rules).items()
                for line in differences(mart, expected, built.rows(mart, GRAINS[mart]))
            ]
            assert not lines, f"{history} after step {number}: {len(lines)} differences\n" + "\n".join(lines[:30])
        incremental = built.every_row()
        built.build(full_refresh=True)
        assert built.every_row() == incremental, history
