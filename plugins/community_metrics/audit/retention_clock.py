"""The retention clock of the platforms: data that has not come and is about to be lost is said before it is lost.

A warning: that a day is missing makes no number of the candidate wrong, and nobody is helped by a release that waits.
"""

from __future__ import annotations

from collections.abc import Sequence

from community_metrics.audit.results import CheckResult
from community_metrics.sources.retention import Deadline

SUITE = "retention_clock"


def check_retention(deadlines: Sequence[Deadline]) -> CheckResult:
    """One check over all accounts whose platform forgets."""
    urgent = [deadline for deadline in deadlines if deadline.state != "kept"]
    return CheckResult(
        gate="marts",
        suite=SUITE,
        check="nothing_is_about_to_be_lost",
        severity="warning",
        status="failed" if urgent else "passed",
        observed=f"{len(urgent)} of {len(deadlines)} accounts",
        expected="0 accounts",
        column=None,
        unexpected_examples=tuple(deadline.sentence for deadline in urgent[:3]),
        meaning="No account has days missing that its platform is about to forget, or has forgotten",
        meaning_zh="没有账号缺少平台即将（或已经）不再保留的日期",
    )
