"""Splits the change of a number between two periods into parts that add up to it exactly.

Three ways, each for another kind of number:

*Contributions* of a number that adds up over segments (messages over platforms): a segment's contribution is its own change. What no
named segment accounts for is one more part, so that nothing is lost.

*Volume, mix and rate* of a total that is a sum of volumes times rates (sales = orders times order value, by platform): with Q all
volume, s a segment's share of it and r its rate, T = sum of Q s r. Each product is split by the identity
x1 y1 - x0 y0 = (x1 - x0)(y0 + y1)/2 + (y1 - y0)(x0 + x1)/2 (T. L. Bennet, "The Theory of Measurement of Changes in Cost of Living",
Journal of the Royal Statistical Society 83, 1920), first between Q and s r, then between s and r. No order has to be chosen for the
factors, and the two periods may change places: the parts then only change their signs.

*Mix and rate* of a ratio (order value of all platforms = sum of s r): the same without Q. The mix is counted from the average of both
periods' ratios, so that a platform with a rate above it, gaining share, raises the ratio. As the shares add up to 1, that changes no total.

All arithmetic is exact (fractions): equal means equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

Number = int | Decimal | Fraction
_HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Contribution:
    """What one segment did; `segment` None: whatever has no segment, or none that is named."""

    segment: str | None
    before: Fraction
    now: Fraction

    @property
    def change(self) -> Fraction:
        return self.now - self.before


@dataclass(frozen=True)
class Effects:
    """The parts of a segment's change. `volume` is 0 where a ratio is split."""

    segment: str
    volume: Fraction
    mix: Fraction
    rate: Fraction

    @property
    def change(self) -> Fraction:
        return self.volume + self.mix + self.rate


@dataclass(frozen=True)
class Part:
    """Of one segment in one period: `total` = `volume` times its rate (sales and orders)."""

    total: Fraction
    volume: Fraction


def contributions(before: Number, now: Number, segments: Mapping[str, tuple[Number, Number]], named: int) -> list[Contribution]:
    """The `named` segments that changed most, then the rest; their changes add up to `now - before` exactly.

    `segments`: name -> (before, now). The rest is left out when it is 0 in both periods.
    """
    parts = [Contribution(name, Fraction(first), Fraction(second)) for name, (first, second) in segments.items()]
    parts.sort(key=lambda part: (-abs(part.change), part.segment or ""))
    shown = parts[:named]
    rest = Contribution(
        None,
        Fraction(before) - sum((part.before for part in shown), Fraction(0)),
        Fraction(now) - sum((part.now for part in shown), Fraction(0)),
    )
    return [*shown, rest] if rest.before or rest.now else shown


def effects_on_total(before: Mapping[str, Part], now: Mapping[str, Part]) -> list[Effects] | None:
    """Volume, mix and rate by segment; all of them add up to the change of the sum of totals, a segment's to its own change.

    None where there is nothing to weigh by: no volume at all in a period, or a segment with a total and no volume.
    """
    weighed = _weighed(before, now)
    if weighed is None:
        return None
    all_before, all_now = _volume(before), _volume(now)
    mean_volume = (all_before + all_now) * _HALF
    found = []
    for segment, (share0, rate0), (share1, rate1) in weighed:
        found.append(
            Effects(
                segment,
                volume=(all_now - all_before) * (share0 * rate0 + share1 * rate1) * _HALF,
                mix=mean_volume * (share1 - share0) * (rate0 + rate1) * _HALF,
                rate=mean_volume * (share0 + share1) * _HALF * (rate1 - rate0),
            )
        )
    return found


def effects_on_ratio(before: Mapping[str, Part], now: Mapping[str, Part]) -> list[Effects] | None:
    """Mix and rate by segment; all of them add up to the change of (sum of totals over sum of volumes). None as above."""
    weighed = _weighed(before, now)
    if weighed is None:
        return None
    level = sum((share0 * rate0 + share1 * rate1 for _, (share0, rate0), (share1, rate1) in weighed), Fraction(0)) * _HALF
    return [
        Effects(
            segment,
            volume=Fraction(0),
            mix=(share1 - share0) * ((rate0 + rate1) * _HALF - level),
            rate=(share0 + share1) * _HALF * (rate1 - rate0),
        )
        for segment, (share0, rate0), (share1, rate1) in weighed
    ]


_Weight = tuple[Fraction, Fraction]


def _weighed(before: Mapping[str, Part], now: Mapping[str, Part]) -> list[tuple[str, _Weight, _Weight]] | None:
    """(segment, (share, rate) before, (share, rate) now). A segment that is not there in a period has no rate in it: it takes that of
    the other one, so that its coming and going is mix and no change of rate."""
    all_before, all_now = _volume(before), _volume(now)
    if all_before <= 0 or all_now <= 0:
        return None
    nothing = Part(Fraction(0), Fraction(0))
    found = []
    for segment in sorted({*before, *now}):
        first, second = before.get(segment, nothing), now.get(segment, nothing)
        if any(part.volume < 0 or (part.volume == 0 and part.total != 0) for part in (first, second)):
            return None
        rates = [part.total / part.volume for part in (first, second) if part.volume]
        if not rates:
            continue
        found.append((segment, (first.volume / all_before, rates[0]), (second.volume / all_now, rates[-1])))
    return found


def _volume(parts: Mapping[str, Part]) -> Fraction:
    return sum((part.volume for part in parts.values()), Fraction(0))


def rounded_parts(parts: Sequence[Fraction], digits: int) -> list[Fraction]:
    """The parts to so many digits, such that what is shown adds up to the rounded sum: the largest remainders are rounded up."""
    scale = 10**digits
    scaled = [part * scale for part in parts]
    whole = [floor(value) for value in scaled]
    missing = floor(sum(scaled, Fraction(0)) + _HALF) - sum(whole)
    by_remainder = sorted(range(len(parts)), key=lambda index: (whole[index] - scaled[index], index))
    for index in by_remainder[: max(missing, 0)]:
        whole[index] += 1
    return [Fraction(value, scale) for value in whole]
