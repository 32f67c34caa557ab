"""The retention clock of the platforms: data that has not come and is about to be lost is said before it is lost.

A warning: that a day is missing makes no number of the candidate wrong, and nobody is helped by a release that waits.
"""

from __future__ import annotations

from collections.abc import Sequence

from community_metrics.audit.results import CheckResult, Status
from community_metrics.sources.retention import Deadline

SUITE = "retention_clock"


def check_retention(deadlines: Sequence[Deadline]) -> CheckResult:
    """One check over all accounts whose platform forgets."""
    urgent = [deadline for deadline in deadlines if deadline.state != "kept"]
    examples = tuple(deadline.sentence for deadline in urgent[:3])
    return _result("failed" if urgent else "passed", f"{len(urgent)} of {len(deadlines)} accounts", examples)


def broken_clock(problem: str) -> CheckResult:
    """The clock could not be read: no better than any other check that is broken."""
    return _result("broken", problem, ())


def _result(status: Status, observed: str, examples: tuple[str, ...]) -> CheckResult:
    return CheckResult(
        gate="marts",
        suite=SUITE,
        check="nothing_is_about_to_be_lost",
        severity="warning",
        status=status,
        observed=observed,
        expected="0 accounts",
        column=None,
        unexpected_examples=examples,
        meaning="No account has days missing that its platform is about to forget, or has forgotten",
        meaning_zh="没有账号缺少平台即将（或已经）不再保留的日期",
    )
