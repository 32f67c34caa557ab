"""The candidate: what stands in the working warehouse, and whether it passed its audit (`warehouse/candidate.json`)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from community_metrics.releases.files import render_json, sync_directory, write_atomically
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from community_metrics.audit.results import AuditReport

AuditStatus = Literal["passed", "refused"]


@dataclass(frozen=True)
class Candidate:
    """One finished build.

    `build_fingerprint`: what the marts were made of; `suites_fingerprint`: what they were judged by. `inputs` are the
    landings that it was built from, `made_with` what they were computed by (see `recipe`) and `checks` the results of the mart
    gate, as they stand in a manifest: by the time of publishing the ledger may have moved on. `reasons` say in sentences why
    the audit refused it, `warnings` what is published with the data and shown. `approvals`: which critical checks somebody has
    answered for (`releases.approval`).
    """

    build_fingerprint: str
    built_at: str
    inputs: list[dict[str, Any]] = field(default_factory=list)
    made_with: dict[str, Any] = field(default_factory=dict)
    suites_fingerprint: str | None = None
    audit_status: AuditStatus | None = None
    checks: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    approvals: list[dict[str, Any]] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """What a release of this candidate would be a function of. Raises `ValueError` before the audit."""
        if self.suites_fingerprint is None:
            raise ValueError("the candidate has not been audited")
        return release_fingerprint(self.build_fingerprint, self.suites_fingerprint)

    def audited(self, report: AuditReport, suites_fingerprint: str) -> Candidate:
        """The same candidate with the outcome of its audit. Examples of bad values stay out of releases."""
        checks = [{name: value for name, value in check.to_dict().items() if name != "unexpected_examples"} for check in report.checks]
        return replace(
            self,
            suites_fingerprint=suites_fingerprint,
            audit_status=report.status,
            checks=checks,
            reasons=list(report.refused_reasons),
            warnings=list(report.warnings),
        )


def release_fingerprint(build_fingerprint: str, suites_fingerprint: str) -> str:
    """sha256 of everything that a release is a function of: what its marts are made of and what they are judged by."""
    return hashlib.sha256(f"{build_fingerprint} {suites_fingerprint}".encode()).hexdigest()


def candidate_path(settings: Settings) -> Path:
    return settings.warehouse / "candidate.json"


def read_candidate(settings: Settings) -> Candidate | None:
    """The last finished build; None when there is none, or when a build has begun since and not ended."""
    try:
        content = json.loads(candidate_path(settings).read_bytes())
        return Candidate(**content)
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write_candidate(settings: Settings, candidate: Candidate) -> None:
    write_atomically(candidate_path(settings), render_json(vars(candidate)))


def discard_candidate(settings: Settings) -> None:
    """Forget the candidate before a build touches the warehouse, so that a killed build is never taken for a finished one."""
    path = candidate_path(settings)
    if path.exists():
        path.unlink()
        sync_directory(path.parent)
