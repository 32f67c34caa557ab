"""The steps from landed files to a published release: what the console script and the DAGs both call.

Every function takes the settings, does one step, and returns a frozen report with `to_dict()`. Raises
`CommunityMetricsError` (and its kinds) for what somebody can mend. Heavy modules are imported where they are used, so
that asking for help costs nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from community_metrics.settings import Settings

if TYPE_CHECKING:
    from community_metrics.audit.gates import AuditReport
    from community_metrics.releases.publish import PublishReport
    from community_metrics.warehouse.build import BuildReport

log = logging.getLogger(__name__)

Outcome = Literal["published", "nothing_new", "rolled_back", "refused"]


@dataclass(frozen=True)
class FileReport:
    """What became of one landed file in this run. `status` as in the ledger; rows = accepted + quarantined + totals."""

    landing_id: str
    sha256: str
    name: str
    source: str | None
    account: str | None
    status: str
    reason_code: str | None
    reason: str | None
    rows: int
    accepted: int
    quarantined: int
    totals: int

    @property
    def is_troubled(self) -> bool:
        """Somebody should look at it: not taken, or not taken whole."""
        return self.status != "ingested" or self.quarantined > 0


@dataclass(frozen=True)
class IngestReport:
    """The files that one ingest looked at; `exit_code` 4 if any of them is troubled."""

    files: tuple[FileReport, ...]

    @property
    def troubled(self) -> tuple[FileReport, ...]:
        return tuple(report for report in self.files if report.is_troubled)

    @property
    def exit_code(self) -> int:
        return 4 if self.troubled else 0

    def to_dict(self) -> dict[str, Any]:
        return {"files": [asdict(report) for report in self.files], "troubled": len(self.troubled)}


@dataclass(frozen=True)
class RunReport:
    """One whole run. `message` says the outcome in a sentence; a step that was not needed is None."""

    outcome: Outcome
    message: str
    ingest: IngestReport
    build: BuildReport | None = None
    audit: AuditReport | None = None
    publish: PublishReport | None = None
    reasons: tuple[str, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """3 refused, before 4 something in this run's files, before 0."""
        return 3 if self.outcome == "refused" else self.ingest.exit_code

    def to_dict(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "message": self.message,
            "reasons": list(self.reasons),
            "exit_code": self.exit_code,
            "ingest": self.ingest.to_dict(),
            "build": self.build.to_dict() if self.build else None,
            "audit": self.audit.to_dict() if self.audit else None,
            "publish": self.publish.to_dict() if self.publish else None,
        }


def ingest(settings: Settings, sources: Sequence[str] | None = None, retry: bool = False) -> IngestReport:
    """Take the inbox, bring everything that waits from the landing to the lake, then hold what fails the source gate.

    `sources` limits it to some sources; `retry` also takes up again what an earlier ingest could not use.
    """
    raise NotImplementedError


def build(settings: Settings, full_refresh: bool = False) -> BuildReport:
    """Bring the working warehouse up to what has landed: only touched dates, or everything if `full_refresh`."""
    raise NotImplementedError


def audit(settings: Settings) -> AuditReport:
    """Judge the candidate by the mart gate. A refusal is recorded and shown after the next good release."""
    raise NotImplementedError


def publish(settings: Settings) -> PublishReport:
    """Make a release of the candidate and show it. Raises `RefusedError` if it has not passed its audit."""
    raise NotImplementedError


def run(settings: Settings, full_refresh: bool = False) -> RunReport:
    """Ingest, build, audit and publish; does nothing when nothing is new, and takes up where a killed run stopped."""
    raise NotImplementedError
