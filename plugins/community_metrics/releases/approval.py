"""Overriding a critical check: somebody answers for it by name, for one candidate and no other.

The approval stands in the candidate, goes with it into the manifest and is shown on the trust page. It holds as long as the candidate
is the same (its marts and what they are judged by): new data, code, definitions or checks want a new one. A check that is broken
cannot be approved: nobody knows what it would have said.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from community_metrics.errors import UsageError
from community_metrics.releases.candidate import Candidate, candidate_path
from community_metrics.releases.history import utc_now

if TYPE_CHECKING:
    from community_metrics.settings import Settings


@dataclass(frozen=True)
class Approval:
    """`check`: suite.check. `fingerprint`: of the candidate that it is for. `open`: what of the candidate is still refused."""

    check: str
    by: str
    reason: str
    at: str
    fingerprint: str
    meaning: str
    meaning_zh: str
    open: tuple[str, ...]

    @property
    def is_last(self) -> bool:
        """Whether nothing stops the candidate any more."""
        return not self.open

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "open": list(self.open)}


def approve_check(settings: Settings, candidate: Candidate | None, check: str, by: str, reason: str) -> tuple[Candidate, Approval]:
    """The candidate with one refused check approved, and the approval. Raises `UsageError` where there is nothing to approve."""
    if not by.strip() or not reason.strip():
        raise UsageError("an approval needs a name and a reason", "approve", "say who with --by and why with --reason")
    if candidate is None or candidate.audit_status != "refused":
        raise UsageError("no candidate is refused", str(candidate_path(settings)), "`community-metrics status` says what stands")
    found = {name: entry for name, entry in refusing_checks(candidate).items() if name == check}
    if not found:
        listed = ", ".join(refusing_checks(candidate)) or "none"
        raise UsageError(f"{check!r} does not refuse the candidate", str(candidate_path(settings)), f"refused by: {listed}")
    if found[check]["status"] == "broken":
        raise UsageError(f"{check} could not be evaluated", str(candidate_path(settings)), "mend the check: what it would say nobody knows")
    still_open = tuple(name for name in refusing_checks(candidate) if name != check)
    approval = Approval(
        check=check,
        by=by.strip(),
        reason=reason.strip(),
        at=utc_now(),
        fingerprint=candidate.fingerprint,
        meaning=found[check]["meaning"],
        meaning_zh=found[check]["meaning_zh"],
        open=still_open,
    )
    entry = {name: value for name, value in asdict(approval).items() if name != "open"}
    return settle(replace(candidate, approvals=[*candidate.approvals, entry])), approval


def settle(candidate: Candidate) -> Candidate:
    """The candidate with what its approvals amount to: with every refused check approved it has passed. Those of another candidate go."""
    kept = [approval for approval in candidate.approvals if approval["fingerprint"] == candidate.fingerprint]
    candidate = replace(candidate, approvals=kept)
    if candidate.audit_status == "refused" and not refusing_checks(candidate):
        return replace(candidate, audit_status="passed", reasons=[])
    return candidate


def refusing_checks(candidate: Candidate) -> dict[str, dict[str, Any]]:
    """suite.check -> its result, of what refuses the candidate and nobody has approved."""
    approved = {approval["check"] for approval in candidate.approvals}
    return {
        name: check
        for check in candidate.checks
        if (name := f"{check['suite']}.{check['check']}") not in approved
        and (check["status"] == "broken" or (check["status"] == "failed" and check["severity"] == "critical"))
    }
