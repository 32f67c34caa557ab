"""The steps from landed files to a published release: what the console script and the DAGs both call.

Every function takes the settings, does one step, and returns a frozen report with `to_dict()`. Raises
`CommunityMetricsError` (and its kinds) for what somebody can mend. Heavy modules are imported where they are used, so
that asking for help costs nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from community_metrics.errors import CommunityMetricsError, RefusedError
from community_metrics.locks import ingest_lock, writer_lock
from community_metrics.observability.logs import SHORT_SUM
from community_metrics.observability.runs import Step, add_model, recorded
from community_metrics.releases import history
from community_metrics.releases.approval import Approval, approve_check, settle
from community_metrics.releases.candidate import (
    Candidate,
    candidate_path,
    discard_candidate,
    read_candidate,
    release_fingerprint,
    write_candidate,
)
from community_metrics.releases.pointer import current_release_id
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from community_metrics.audit.gates import AuditReport
    from community_metrics.landing.records import Landing, LandResult
    from community_metrics.releases.publish import PublishReport
    from community_metrics.warehouse.build import BuildReport
    from community_metrics.warehouse.dbt import NodeResult

log = logging.getLogger(__name__)

# The sources' DAGs ingest one after the other, each for seconds: waiting is shorter than failing and trying again.
_INGEST_WAIT_SECONDS = 60.0

Outcome = Literal["published", "nothing_new", "rolled_back", "refused"]


@dataclass(frozen=True)
class FileReport:
    """What became of one file in this run; rows = accepted + quarantined + totals.

    `status` as in the ledger, or `refused` for a file that could not even be landed and stays in the inbox.
    """

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
    reasons: tuple[str, ...] = ()

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

    `sources` limits it to some sources; `retry` also takes up again what an earlier ingest could not use. Raises `BusyError`.
    """
    from community_metrics.audit.gates import gate_landings
    from community_metrics.lake.batch import ingest_waiting
    from community_metrics.landing.ledger import Ledger
    from community_metrics.warehouse.repairs import told_when_full

    with recorded(settings, "ingest") as step, ingest_lock(settings, "ingest", _INGEST_WAIT_SECONDS), told_when_full(settings):
        log.info("ingest: reading what has landed")
        taken = ingest_waiting(settings, sources, retry)
        log.info("ingest: source gate")
        with Ledger(settings.ledger_path) as ledger:
            gated = [result.landing_id for result in gate_landings(settings, ledger)]
            # A killed ingest may have left something at the gate: it is judged, and reported, by this one.
            looked_at = dict.fromkeys([*(landing.landing_id for landing in taken.landings), *gated])
            files = [_file_report(landing) for landing in ledger.landings_by_id(looked_at)]
        report = IngestReport((*files, *(_refused_report(result) for result in taken.refused)))
        _record_files(step, report)
        return report


def build(settings: Settings, full_refresh: bool = False) -> BuildReport:
    """Bring the working warehouse up to what has landed: only touched dates, or everything if `full_refresh`. Raises `BusyError`, and
    `CommunityMetricsError` for what dbt finds wrong."""
    from community_metrics.warehouse.repairs import with_repairs

    with recorded(settings, "build") as step, writer_lock(settings, "build"):
        return with_repairs(settings, lambda: _build(settings, full_refresh, step))


def audit(settings: Settings) -> AuditReport:
    """Judge the candidate by the mart gate; what somebody has approved of it stays so. A refusal is recorded."""
    with recorded(settings, "audit") as step, writer_lock(settings, "audit"):
        candidate = read_candidate(settings)
        if candidate is None:
            raise CommunityMetricsError("there is no candidate to audit", str(candidate_path(settings)), "run `community-metrics build`")
        return _audit(settings, candidate, step)


def approve(settings: Settings, check: str, by: str, reason: str) -> Approval:
    """Answer by name for a critical check (`suite.check`) that refuses the candidate; the next run or `publish` shows it once none is left.

    Raises `UsageError` where there is nothing of that name to approve.
    """
    with recorded(settings, "approve"), writer_lock(settings, "approve"):
        candidate, approval = approve_check(settings, read_candidate(settings), check, by, reason)
        write_candidate(settings, candidate)
        log.info("approve: %s approved %s", approval.by, approval.check)
        return approval


def publish(settings: Settings, again: bool = False) -> PublishReport:
    """Make a release of the candidate and show it; `again`: although one of the same files and definitions is shown.

    Raises `RefusedError` if it has not passed its audit.
    """
    with recorded(settings, "publish") as step, writer_lock(settings, "publish"):
        candidate = read_candidate(settings)
        if candidate is None:
            raise RefusedError("not audited: there is no finished candidate", str(candidate_path(settings)), "run `build`, then `audit`")
        return _publish(settings, candidate, step, again)


def run(settings: Settings) -> RunReport:
    """Ingest, build, audit and publish; does nothing when nothing is new, and takes up where a killed run stopped.

    Returns a report also when the audit refuses (`outcome` 'refused'). Raises `BusyError` and `CommunityMetricsError`.
    """
    from community_metrics.warehouse.repairs import with_repairs

    with recorded(settings, "run") as step, writer_lock(settings, "run"):
        report = with_repairs(settings, lambda: _run(settings))
        step.status = "succeeded" if report.outcome == "published" else "refused" if report.outcome == "refused" else "nothing_new"
        step.release_id = report.publish.release_id if report.publish else None
        step.error = report.message if report.outcome == "refused" else None
        return report


def _run(settings: Settings) -> RunReport:
    from community_metrics.releases.publish import recover

    recover(settings)
    ingested = ingest(settings)
    idle = nothing_new(settings)
    if idle is not None:
        return RunReport(*idle, ingest=ingested)
    report = RunReport("published", "", ingest=ingested)
    candidate = _finished_candidate(settings)
    if candidate is None:
        with recorded(settings, "build") as step:
            report = replace(report, build=_build(settings, False, step))
        candidate = read_candidate(settings)
        assert candidate is not None, "a finished build leaves a candidate"
    if not _is_judged(settings, candidate):
        with recorded(settings, "audit") as step:
            report = replace(report, audit=_audit(settings, candidate, step))
        candidate = read_candidate(settings)
        assert candidate is not None, "an audit keeps its candidate"
    if candidate.audit_status == "refused":
        return replace(report, outcome="refused", message=_refusal_message(settings), reasons=tuple(candidate.reasons))
    with recorded(settings, "publish") as step:
        published = _publish(settings, candidate, step)
    return replace(report, publish=published, message=f"published {published.release_id}")


def nothing_new(settings: Settings) -> tuple[Outcome, str] | None:
    """Why a run would have nothing to do, as an outcome and a sentence; None when it would build, audit or publish."""
    from community_metrics.audit.suites import suites_fingerprint
    from community_metrics.landing.ledger import Ledger
    from community_metrics.warehouse.build import candidate_fingerprint

    current = current_release_id(settings)
    if current is None:
        with Ledger(settings.ledger_path) as ledger:
            if not ledger.active_landings():
                return "nothing_new", f"nothing to publish: no usable file has landed in {settings.landing}"
    settled = history.settled_fingerprints(settings)
    release_id = settled.get(release_fingerprint(candidate_fingerprint(settings), suites_fingerprint(settings)))
    if release_id is None:
        return None
    if release_id != current:
        return (
            "rolled_back",
            f"nothing new since {release_id}, from which somebody rolled back to {current}: that stays until something new lands",
        )
    return "nothing_new", f"nothing new: {release_id} holds everything that has landed"


def _build(settings: Settings, full_refresh: bool, step: Step) -> BuildReport:
    from community_metrics.releases.publish import recover
    from community_metrics.warehouse.build import build_warehouse

    recover(settings)
    discard_candidate(settings)
    while True:
        snapshots = [_inputs(settings)]
        log.info("build: %d files", len(snapshots[0][1]))
        report = build_warehouse(settings, full_refresh, _tell_node)
        snapshots.append(_inputs(settings))
        found = next((snapshot for snapshot in snapshots if snapshot[0] == report.fingerprint), None)
        if found is not None:
            write_candidate(settings, Candidate(report.fingerprint, history.utc_now(), *found[1:]))
            step.files, step.models = len(found[1]), report.models
            return report
        log.info("build: files were ingested before it began and after, so once more")
        full_refresh = False


def _tell_node(node: NodeResult) -> None:
    """Each model of a build, as it comes; what a test says is in the error of the build."""
    if node.kind in ("model", "seed"):
        log.info(
            "%s %s: %s in %.2f s", node.kind, node.name, node.status, node.seconds, extra={"model": node.name, "seconds": node.seconds}
        )
        add_model(node.name, node.status, node.seconds)


def _inputs(settings: Settings) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
    """What a build would be made of now: its fingerprint, and landings and recipe as they stand in a manifest."""
    from community_metrics.landing.ledger import Ledger
    from community_metrics.releases.recipe import read_recipe
    from community_metrics.warehouse.build import candidate_fingerprint

    while True:
        fingerprint = candidate_fingerprint(settings)
        with Ledger(settings.ledger_path) as ledger:
            inputs = [_input(landing) for landing in ledger.active_landings()]
            recipe = read_recipe(settings, ledger)
        if candidate_fingerprint(settings) == fingerprint:
            return fingerprint, inputs, recipe


def _audit(settings: Settings, candidate: Candidate, step: Step) -> AuditReport:
    from community_metrics.audit.gates import audit_marts
    from community_metrics.audit.suites import suites_fingerprint

    log.info("audit: mart gate")
    suites = suites_fingerprint(settings)
    report = audit_marts(settings, candidate.build_fingerprint)
    step.checks, step.checks_failed = len(report.checks), sum(check.status in ("failed", "broken") for check in report.checks)
    judged = settle(candidate.audited(report, suites))
    if judged.audit_status == "refused":
        # Before the verdict: a run killed in between tells of it twice rather than never.
        history.record_refusal(settings, judged.fingerprint, judged.reasons)
        step.status, step.error = "refused", f"{len(judged.reasons)} critical checks refuse the candidate"
    write_candidate(settings, judged)
    return replace(report, status=judged.audit_status or report.status, approved=tuple(approval["check"] for approval in judged.approvals))


def _publish(settings: Settings, candidate: Candidate, step: Step, again: bool = False) -> PublishReport:
    from community_metrics.releases.publish import publish_release
    from community_metrics.warehouse.build import built_fingerprint

    if candidate.audit_status == "refused":
        raise RefusedError("the audit refused the candidate", "; ".join(candidate.reasons), "mend the cause, then `community-metrics run`")
    if candidate.audit_status != "passed" or built_fingerprint(settings) != candidate.build_fingerprint:
        raise RefusedError("not audited", str(settings.warehouse_path), "run `community-metrics audit` first")
    log.info("publish: writing a release")
    report = publish_release(settings, candidate, again)
    step.release_id = report.release_id
    return report


def _finished_candidate(settings: Settings) -> Candidate | None:
    """The candidate that a build for the present inputs has already left in the warehouse."""
    from community_metrics.warehouse.build import built_fingerprint, candidate_fingerprint

    candidate = read_candidate(settings)
    if candidate is None:
        return None
    wanted = candidate_fingerprint(settings)
    return candidate if candidate.build_fingerprint == wanted == built_fingerprint(settings) else None


def _is_judged(settings: Settings, candidate: Candidate) -> bool:
    from community_metrics.audit.suites import suites_fingerprint

    return candidate.audit_status is not None and candidate.suites_fingerprint == suites_fingerprint(settings)


def _refusal_message(settings: Settings) -> str:
    current = current_release_id(settings)
    return f"refused by the audit; {f'readers still see {current}' if current else 'nothing is published'}"


def _record_files(step: Step, report: IngestReport) -> None:
    """The step's counts, and a line for each file."""
    files = report.files
    step.files, step.rows_in = len(files), sum(file.rows for file in files)
    step.rows_accepted, step.rows_quarantined = sum(file.accepted for file in files), sum(file.quarantined for file in files)
    if not files:
        step.status = "nothing_new"
    for file in files:
        counts = {"rows": file.rows, "accepted": file.accepted, "quarantined": file.quarantined, "reason_code": file.reason_code}
        said = {"source": file.source, "account": file.account, "file": file.sha256[:SHORT_SUM], "status": file.status, **counts}
        log.info("%s: %d rows accepted, %d quarantined", file.status, file.accepted, file.quarantined, extra=said)


def _file_report(landing: Landing) -> FileReport:
    return FileReport(
        landing_id=landing.landing_id,
        sha256=landing.sha256,
        name=landing.original_name,
        source=landing.source,
        account=landing.account_id,
        status=landing.status,
        reason_code=landing.reason_code,
        reason=landing.reason,
        rows=landing.rows,
        accepted=landing.accepted,
        quarantined=landing.quarantined,
        totals=landing.totals,
    )


def _refused_report(result: LandResult) -> FileReport:
    """A file that stays in the inbox, because where it lies or what is declared of it makes no sense."""
    return FileReport("", "", result.path, None, None, "refused", "refused", result.message, 0, 0, 0, 0)


def _input(landing: Landing) -> dict[str, Any]:
    """As in a manifest. The file's name is left out: people put names and phone numbers into names."""
    return {
        "source": landing.source,
        "account": landing.account_id,
        "period": landing.period.isoformat() if landing.period else None,
        "sha256": landing.sha256,
        "rows": landing.rows,
        "quarantined": landing.quarantined,
        "landing_id": landing.landing_id,
        "revision": landing.revision,
        "template": landing.template,
        "snapshot_at": landing.snapshot_at.isoformat(),
        "landed_at": landing.landed_at.isoformat(),
    }
