"""A change in parts, once more: the average over the orders in which the factors may change, each at its old or its new value.

For two factors that average is Bennet's split; the three factors of sales are nested (all volume against the segment's yield, share
against rate), as the definition says, so the average is taken twice.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

Sides = dict[str, tuple[Fraction, Fraction]]


def shapley(before: dict[str, Fraction], now: dict[str, Fraction]) -> dict[str, Fraction]:
    """The effect of each factor on the product of all, averaged over all orders of change."""
    orders = list(permutations(before))
    effects = dict.fromkeys(before, Fraction(0))
    for order in orders:
        values = dict(before)
        for factor in order:
            product_before = product(values)
            values[factor] = now[factor]
            effects[factor] += (product(values) - product_before) / len(orders)
    return effects


def product(values: dict[str, Fraction]) -> Fraction:
    found = Fraction(1)
    for value in values.values():
        found *= value
    return found


def naive_total(before: Sides, now: Sides) -> dict[str, tuple[Fraction, Fraction, Fraction]]:
    """Segment -> (volume, mix, rate) of the change of its total."""
    found = {}
    volume0, volume1 = (sum((volume for _, volume in side.values()), Fraction(0)) for side in (before, now))
    for segment in sorted({*before, *now}):
        if not before[segment][1] and not now[segment][1]:
            continue
        shares, rates = shares_and_rates(segment, before, now)
        outer = shapley({"volume": volume0, "yield": shares[0] * rates[0]}, {"volume": volume1, "yield": shares[1] * rates[1]})
        inner = shapley({"share": shares[0], "rate": rates[0]}, {"share": shares[1], "rate": rates[1]})
        weight = (volume0 + volume1) / 2
        assert outer["yield"] == weight * (inner["share"] + inner["rate"])
        found[segment] = (outer["volume"], weight * inner["share"], weight * inner["rate"])
    return found


def naive_ratio(before: Sides, now: Sides) -> dict[str, tuple[Fraction, Fraction]]:
    """Segment -> (mix, rate) of the change of the ratio; the mix counted from the average of the two ratios."""
    found = {}
    ratios = [sum((t for t, _ in side.values()), Fraction(0)) / sum((v for _, v in side.values()), Fraction(0)) for side in (before, now)]
    level = (ratios[0] + ratios[1]) / 2
    for segment in sorted({*before, *now}):
        if not before[segment][1] and not now[segment][1]:
            continue
        shares, rates = shares_and_rates(segment, before, now)
        effects = shapley({"share": shares[0], "rate": rates[0]}, {"share": shares[1], "rate": rates[1]})
        found[segment] = (effects["share"] - (shares[1] - shares[0]) * level, effects["rate"])
    return found


def shares_and_rates(segment: str, before: Sides, now: Sides) -> tuple[list[Fraction], list[Fraction]]:
    shares, rates = [], []
    for side, other in ((before, now), (now, before)):
        total, volume = side[segment]
        shares.append(volume / sum((v for _, v in side.values()), Fraction(0)))
        rates.append(total / volume if volume else other[segment][0] / other[segment][1])
    return shares, rates
