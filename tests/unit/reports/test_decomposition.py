"""Changes in parts: cases computed by hand, a second implementation, and the law that parts are the change."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

import pytest

from community_metrics.reports.decomposition import (
    Contribution,
    Effects,
    Part,
    contributions,
    effects_on_ratio,
    effects_on_total,
    rounded_parts,
)
from support.naive.decomposition import naive_ratio, naive_total


def part(total: int, volume: int) -> Part:
    return Part(Fraction(total), Fraction(volume))


def effects(segment: str, volume: int, mix: int, rate: int) -> Effects:
    return Effects(segment, Fraction(volume), Fraction(mix), Fraction(rate))


# wecom: 60 orders of 10, then 80 of 12; shop: 40 of 20, then 120 of 20. In all 100 orders of 14, then 200 of 16.8.
BEFORE = {"wecom": part(600, 60), "shop": part(800, 40)}
NOW = {"wecom": part(960, 80), "shop": part(2400, 120)}


def test_sales_in_volume_mix_and_rate() -> None:
    # Shares: wecom .6 -> .4, shop .4 -> .6; 100 orders more, 150 on average.
    # volume wecom 100 * (6 + 4.8) / 2 = 540, shop 100 * (8 + 12) / 2 = 1000
    # mix    wecom 150 * -.2 * 11 = -330,     shop 150 * .2 * 20 = 600
    # rate   wecom 150 * .5 * 2 = 150,        shop 0
    assert effects_on_total(BEFORE, NOW) == [effects("shop", 1000, 600, 0), effects("wecom", 540, -330, 150)]
    # 1000 + 600 = 1600 = 2400 - 800; 540 - 330 + 150 = 360 = 960 - 600; in all 1960 = 3360 - 1400.


def test_order_value_in_mix_and_rate() -> None:
    # 14 -> 16.8, 15.4 on average. mix wecom -.2 * (11 - 15.4) = .88, shop .2 * (20 - 15.4) = .92; rate wecom .5 * 2 = 1. In all 2.8.
    assert effects_on_ratio(BEFORE, NOW) == [
        Effects("shop", Fraction(0), Fraction("0.92"), Fraction(0)),
        Effects("wecom", Fraction(0), Fraction("0.88"), Fraction(1)),
    ]


def test_a_platform_that_comes_is_volume_and_mix_and_no_rate() -> None:
    # Nothing but wecom's 10 orders of 10; then shop's 10 of 30 beside them. 10 orders more, 15 on average.
    # wecom volume 10 * (10 + 5) / 2 = 75, mix 15 * -.5 * 10 = -75; shop volume 10 * 15 / 2 = 75, mix 15 * .5 * 30 = 225.
    found = effects_on_total({"wecom": part(100, 10)}, {"wecom": part(100, 10), "shop": part(300, 10)})
    assert found == [effects("shop", 75, 225, 0), effects("wecom", 75, -75, 0)]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({}, {"wecom": part(100, 10)}),
        ({"wecom": part(100, 10)}, {"wecom": part(0, 0)}),
        ({"wecom": part(100, 10)}, {"wecom": part(100, 10), "shop": part(5, 0)}),
    ],
)
def test_what_cannot_be_weighed_is_not_split(before: dict[str, Part], now: dict[str, Part]) -> None:
    assert effects_on_total(before, now) is None
    assert effects_on_ratio(before, now) is None


def test_contributions_name_the_greatest_and_keep_the_rest() -> None:
    # 100 messages, then 90: in a 40 -> 20, in b 30 -> 35, in c 10 -> 12; 20 and 23 in none of them.
    found = contributions(100, 90, {"c": (10, 12), "a": (40, 20), "b": (30, 35)}, named=2)
    assert found == [
        Contribution("a", Fraction(40), Fraction(20)),
        Contribution("b", Fraction(30), Fraction(35)),
        Contribution(None, Fraction(30), Fraction(35)),
    ]
    assert [part.change for part in found] == [-20, 5, 5]
    assert contributions(Decimal("2.50"), Decimal("3.00"), {"a": (Decimal("2.50"), Decimal("3.00"))}, 5)[-1].segment == "a"


def test_any_change_equals_its_parts_and_the_second_implementation() -> None:
    numbers = random.Random(20261101)
    for _ in range(300):
        segments = [f"s{index}" for index in range(numbers.randint(1, 6))]
        sides = []
        for _ in range(2):
            volumes = {name: numbers.choice([0, numbers.randint(1, 500)]) for name in segments}
            volumes[numbers.choice(segments)] = numbers.randint(1, 500)
            sides.append({name: part(numbers.randint(0, 90_000) if volume else 0, volume) for name, volume in volumes.items()})
        before, now = sides
        by_total, by_ratio = effects_on_total(before, now), effects_on_ratio(before, now)
        assert by_total is not None and by_ratio is not None
        change = sum(side.total for side in now.values()) - sum(side.total for side in before.values())
        assert sum(found.change for found in by_total) == change
        for found in by_total:
            assert found.change == now[found.segment].total - before[found.segment].total
        ratios = [sum(side.total for side in period.values()) / sum(side.volume for side in period.values()) for period in sides]
        assert sum(found.change for found in by_ratio) == ratios[1] - ratios[0]
        plain = [{name: (side.total, side.volume) for name, side in period.items()} for period in sides]
        assert {found.segment: (found.volume, found.mix, found.rate) for found in by_total} == naive_total(*plain)
        assert {found.segment: (found.mix, found.rate) for found in by_ratio} == naive_ratio(*plain)
        # The two periods change places: the same parts with the other sign.
        back = effects_on_total(now, before)
        assert back is not None
        assert [(-found.volume, -found.mix, -found.rate) for found in back] == [(f.volume, f.mix, f.rate) for f in by_total]


@pytest.mark.parametrize(
    ("parts", "digits", "shown"),
    [
        (["0.4", "0.4", "0.4"], 0, ["1", "0", "0"]),
        (["1.005", "-0.335", "0.33"], 2, ["1.01", "-0.34", "0.33"]),
        (["-0.4", "-0.4", "-0.4"], 0, ["0", "0", "-1"]),
        ([], 2, []),
    ],
)
def test_what_is_shown_adds_up_too(parts: list[str], digits: int, shown: list[str]) -> None:
    assert rounded_parts([Fraction(text) for text in parts], digits) == [Fraction(text) for text in shown]
