"""Sources that a release must not go without: `sources: {orders: {required: true}}` in the home's settings.

A missing source does not block the others: its days are NULL. A required one does, until it is complete to the last date
that any source is complete to.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from community_metrics.audit.results import CheckResult

SUITE = "required_sources"


def check_required_sources(required: Iterable[str], observed: dict[str, date]) -> list[CheckResult]:
    """One critical check a required source. `observed`: source -> last complete business date of what has landed."""
    newest = max(observed.values(), default=None)
    return [_check(source, observed.get(source), newest) for source in sorted(required)]


def _check(source: str, reached: date | None, newest: date | None) -> CheckResult:
    arrived = reached is not None and reached == newest
    return CheckResult(
        gate="marts",
        suite=SUITE,
        check=f"{source}_has_arrived",
        severity="critical",
        status="passed" if arrived else "failed",
        observed=f"complete to {reached}" if reached else "nothing has landed",
        expected=f"complete to {newest}" if newest else "something to land",
        column=None,
        unexpected_examples=(),
        meaning=f"The required source {source} has arrived",
        meaning_zh=f"必需来源 {source} 已到达",
    )
