"""The candidate: what stands in the working warehouse, and whether it passed its audit (`warehouse/candidate.json`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from community_metrics.releases.files import render_json, sync_directory, write_atomically
from community_metrics.settings import Settings

AuditStatus = Literal["passed", "refused"]


@dataclass(frozen=True)
class Candidate:
    """One finished build.

    `inputs` are the records of the landings that it was built from, `checks` the results of the mart gate; both go into
    the manifest as they stand here, because the ledger may have moved on by the time of publishing.
    """

    fingerprint: str
    built_at: str
    build: dict[str, Any]
    inputs: list[dict[str, Any]] = field(default_factory=list)
    audit_status: AuditStatus | None = None
    checks: list[dict[str, Any]] = field(default_factory=list)

    def audited(self, status: AuditStatus, checks: list[dict[str, Any]]) -> Candidate:
        """The same candidate with the outcome of its audit."""
        return replace(self, audit_status=status, checks=checks)


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
