"""Generated shops, content, accounts and dimensions through the real pipeline: every row is what plain loops over the rows say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from community_metrics.settings import Settings
from community_metrics.warehouse.dbt import run_dbt
from community_metrics.warehouse.definitions import DEFAULTS
from laws.test_marts_equal_naive import PROFILE, fresh_home, seeds
from support.histories.comparison import differences
from support.histories.shop_and_content import generate_shop_history
from support.identity_key import ID_KEY
from support.naive.marts import CONTENT_GRAINS, DIMENSION_GRAINS, GRAINS, naive_content_marts, naive_dimensions, naive_marts

ALL_GRAINS = GRAINS | CONTENT_GRAINS | DIMENSION_GRAINS


def check_history(home: Settings, seed: int) -> None:
    history = generate_shop_history(seed)
    landings = history.landings()
    with fresh_home(home, history.rules) as built:
        built.land(history.files)
        built.build()
        naive = naive_marts(landings, history.rules) | naive_content_marts(landings, history.rules)
        naive |= naive_dimensions(landings, history.rules, DEFAULTS, ID_KEY)
        lines = []
        for mart, expected in naive.items():
            assert expected, f"{history}: a history without rows in {mart} shows nothing"
            lines += differences(mart, expected, built.rows(mart, ALL_GRAINS[mart]))
        assert not lines, f"{history}: {len(lines)} differences\n" + "\n".join(lines[:30])
        seeds_folder = built.settings.warehouse / "definitions"
        identities = run_dbt(built.settings, seeds_folder, ["test", "--select", "test_type:singular", "--no-write-json"])
        assert {identity.status for identity in identities} == {"pass"}


@settings(max_examples=1, **PROFILE)
@given(seed=seeds)
def test_every_mart_of_a_generated_shop(home: Settings, seed: int) -> None:
    check_history(home, seed)


@pytest.mark.laws
@settings(max_examples=10, **PROFILE)
@given(seed=seeds.filter(lambda seed: seed > 0))
def test_every_mart_of_many_generated_shops(home: Settings, seed: int) -> None:
    check_history(home, seed)
