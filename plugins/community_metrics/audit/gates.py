"""The two gates.

The *sources* gate judges what has landed since the last time, between ingest and build: a batch that fails it is held, the
others go on. The *marts* gate judges the candidate before it is published. A check that fails with severity critical, or
that cannot be evaluated, holds the batch or refuses the release; a warning is published with the data; info is recorded.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from community_metrics.audit.bounds import marts_suites
from community_metrics.audit.landings import Waiting, read_waiting, show_waiting
from community_metrics.audit.required import check_required_sources
from community_metrics.audit.results import AuditReport, CheckResult, GateResult, append_results, judge, require_evaluated
from community_metrics.audit.retention_clock import broken_clock, check_retention
from community_metrics.audit.suites import EVERY_LANDING, EVERY_STREAM, HOME_PREFIX, Suite, load_suites, suite_folders
from community_metrics.audit.validation import GateDatabase, first_line, literal, open_gate
from community_metrics.errors import CommunityMetricsError, SettingsError
from community_metrics.settings import Settings
from community_metrics.sources.retention import DEADLINES, read_deadlines

if TYPE_CHECKING:
    from community_metrics.landing.ledger import Ledger

_GATE_FAILED = "gate_failed"

__all__ = ["AuditReport", "CheckResult", "GateResult", "audit_marts", "check_candidate", "gate_landings"]


def gate_landings(settings: Settings, ledger: Ledger) -> list[GateResult]:
    """Judge every landing that needs it, and record in the ledger what passed and what is held.

    All landings of a stream are judged in one run, so the cost does not grow with the number of files. Whether a landing
    passes depends on its own rows only, never on what else came or in which order. Raises `SettingsError` for a wrong suite.
    """
    waiting = read_waiting(ledger)
    if not waiting.landings:
        return []
    suites = load_suites(settings, "sources")
    verdict = _Verdict(waiting)
    results: list[CheckResult] = []
    with open_gate(settings, "sources") as database:
        show_waiting(settings, database, waiting)
        _run_shared_sql(settings, database)
        for suite in suites:
            for subject in _subjects(suite, waiting):
                outcome = database.validate(suite, subject.label, subject.table, subject.placeholders)
                require_evaluated(outcome)
                results += outcome
                for check, result in zip(suite.checks, outcome, strict=True):
                    if result.status == "broken":
                        verdict.hold(subject.landing_ids, _GATE_FAILED, result.reason)
                    elif result.status == "failed":
                        found = database.breaking_landings(check, subject.table, subject.placeholders)
                        # Rows that name no landing of this run leave open which one is wrong.
                        unnamed = set(found) - set(subject.landing_ids)
                        verdict.note(result, dict.fromkeys(subject.landing_ids, "which landing is not said") if unnamed else found)
    append_results(settings, waiting.fingerprint, results)
    return verdict.record(ledger)


def audit_marts(settings: Settings, fingerprint: str) -> AuditReport:
    """Judge the candidate in the working warehouse and keep the results under its fingerprint.

    Raises `SettingsError` for a wrong suite and `CommunityMetricsError` when there is no candidate.
    """
    started = time.monotonic()
    results = check_candidate(settings, marts_suites(settings))
    require_evaluated(results)
    append_results(settings, fingerprint, results)
    return judge(fingerprint, results, time.monotonic() - started)


def check_candidate(settings: Settings, suites: Sequence[Suite], today: date | None = None) -> list[CheckResult]:
    """Run suites on the candidate, and neither record nor judge. `today`: for the retention clock. Raises as `audit_marts` does."""
    if not settings.warehouse_path.exists():
        raise CommunityMetricsError("there is no candidate to audit", str(settings.warehouse_path), "run `community-metrics build`")
    results: list[CheckResult] = []
    with open_gate(settings, "marts") as database:
        _show_candidate(settings, database)
        for suite in suites:
            reason = _not_applicable(database, suite)
            if reason:
                results += database.not_applicable(suite, reason)
            else:
                results += database.validate(suite, suite.name, suite.table, {"fed_by": _sql_list(suite.fed_by)})
        reached = database.rows("select source, max(observed_until) as observed_until from observed group by source")
        results += check_required_sources(settings.required_sources, {row["source"]: row["observed_until"] for row in reached})
        results.append(_check_clock(database, today or datetime.now(settings.zone).date()))
    return results


def _show_candidate(settings: Settings, database: GateDatabase) -> None:
    database.execute(f"attach {literal(str(settings.warehouse_path))} as candidate (read_only)")
    marts = database.rows("select table_name from duckdb_tables() where database_name = 'candidate' and schema_name = 'marts'")
    for mart in marts:
        name = mart["table_name"]
        database.execute(f'create view "{name}" as select * from candidate.marts."{name}"')
    database.execute("create view observed as select * from candidate.control.observed")
    _run_shared_sql(settings, database)


def _check_clock(database: GateDatabase, today: date) -> CheckResult:
    try:
        rows = database.connection.exec_driver_sql(DEADLINES.format(relation="mart_data_status")).all()
    except SQLAlchemyError as error:
        return broken_clock(first_line(error))
    return check_retention(read_deadlines(((row[0], row[1], row[2], row[3]) for row in rows), today))


def _run_shared_sql(settings: Settings, database: GateDatabase) -> None:
    """What the suites of a gate share: macros in `*.sql` beside them. Raises `SettingsError` naming the file."""
    for folder in suite_folders(settings, database.gate):
        for script in sorted(folder.glob("*.sql")):
            try:
                database.execute(script.read_text(encoding="utf-8"))
            except SQLAlchemyError as error:
                raise SettingsError(f"the SQL fails: {first_line(error)}", str(script), "mend the file") from error


def _not_applicable(database: GateDatabase, suite: Suite) -> str | None:
    """Why a suite has nothing to say: its table is empty, and so is every source that feeds it."""
    if not suite.fed_by or not database.has_table(suite.table) or not database.has_table("mart_data_status"):
        return None
    if database.scalar(f'select exists (select 1 from "{suite.table}")'):
        return None
    landed = f"select exists (select 1 from mart_data_status where accepted > 0 and source in {_sql_list(suite.fed_by)})"
    if database.scalar(landed):
        return None
    return f"no rows of {', '.join(suite.fed_by)} have landed"


def _sql_list(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(literal, names)) + "]"


@dataclass(frozen=True)
class _Subject:
    """A table that a source suite is run on, the landings that stand in it, and what its placeholders mean there."""

    label: str
    table: str
    landing_ids: list[str]
    placeholders: dict[str, str]


def _subjects(suite: Suite, waiting: Waiting) -> list[_Subject]:
    subject = suite.name.removeprefix(HOME_PREFIX)
    if subject == EVERY_LANDING:
        return [_Subject(suite.name, "landings", [landing.landing_id for landing in waiting.landings], {})]
    return [
        _Subject(
            suite.name if subject == stream.table else f"{suite.name}.{stream.table}",
            stream.table,
            stream.landing_ids,
            stream.placeholders,
        )
        for stream in waiting.streams
        if stream.files and subject in (EVERY_STREAM, stream.table)
    ]


class _Verdict:
    """Collects what speaks against each landing, and tells the ledger."""

    def __init__(self, waiting: Waiting) -> None:
        self._landings = waiting.landings
        # The first check that a landing fails names the reason.
        self._codes: dict[str, str] = {}
        self._reasons: dict[str, list[str]] = {}
        self._warnings: dict[str, list[str]] = {}

    def hold(self, landing_ids: list[str], reason_code: str, reason: str) -> None:
        for landing_id in landing_ids:
            self._codes.setdefault(landing_id, reason_code)
            self._reasons.setdefault(landing_id, []).append(reason)

    def note(self, result: CheckResult, found: dict[str, str]) -> None:
        """`found`: each landing that breaks the rule, with an example of how."""
        if result.severity == "info":
            return
        for landing_id, example in found.items():
            reason = f"{result.meaning} - {result.suite}.{result.check} - {example}"
            if result.is_refusal:
                self.hold([landing_id], result.check, reason)
            else:
                self._warnings.setdefault(landing_id, []).append(reason)

    def record(self, ledger: Ledger) -> list[GateResult]:
        results = [
            GateResult(
                landing.landing_id,
                landing.source,
                "held" if landing.landing_id in self._reasons else "passed",
                tuple(self._reasons.get(landing.landing_id, ())),
                tuple(self._warnings.get(landing.landing_id, ())),
            )
            for landing in self._landings
        ]
        held = {
            result.landing_id: (self._codes[result.landing_id], "; ".join(result.reasons)) for result in results if result.status == "held"
        }
        ledger.record_verdicts(held, (result.landing_id for result in results if result.status == "passed"))
        return results
