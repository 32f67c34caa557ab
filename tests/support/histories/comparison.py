"""Mart against mart: which rows and values differ."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from support.naive.activity import Mart

# A quotient of money is shown in whole cents; which way half a cent goes is nobody's business.
MONEY_QUOTIENTS = frozenset({"aov", "arpu", "ltv"})


def differences(mart: str, expected: Mart, actual: Mart) -> list[str]:
    """One line per row that only one of them has and per value that differs."""
    lines = [f"{mart} {_key(key)}: missing, expected {expected[key]}" for key in expected if key not in actual]
    lines += [f"{mart} {_key(key)}: not expected, found {actual[key]}" for key in actual if key not in expected]
    for key in expected.keys() & actual.keys():
        if expected[key].keys() != actual[key].keys():
            return [f"{mart}: columns {sorted(expected[key])}, found {sorted(actual[key])}"]
        lines += [
            f"{mart} {_key(key)} {name}: expected {value}, found {actual[key][name]}"
            for name, value in expected[key].items()
            if not _equal(name, value, actual[key][name])
        ]
    return sorted(lines)


def _key(key: tuple[Any, ...]) -> str:
    return " ".join(map(str, key))


def _equal(name: str, expected: Any, actual: Any) -> bool:
    if expected is None or actual is None:
        return expected is actual
    if name in MONEY_QUOTIENTS:
        return abs(Decimal(expected) - Decimal(actual)) <= Decimal("0.005001")
    if isinstance(expected, float):
        return math.isclose(expected, actual, rel_tol=1e-9, abs_tol=1e-12)
    return bool(expected == actual)
