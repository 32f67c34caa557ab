"""What the gates found, and where it is kept: `ops.check_results` in `warehouse/ops.duckdb`, appended to by every run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from community_metrics.audit.suites import Gate, Severity
from community_metrics.damage import shows_damage
from community_metrics.errors import CommunityMetricsError, says_no_room
from community_metrics.ops import open_ops
from community_metrics.settings import Settings

Status = Literal["passed", "failed", "broken", "not_applicable"]

_TABLE = """
create table if not exists ops.check_results (
    run_at timestamp, fingerprint varchar, gate varchar, suite varchar, "check" varchar, severity varchar, status varchar,
    observed varchar, expected varchar, "column" varchar, unexpected_examples varchar, meaning varchar, meaning_zh varchar
)
"""


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check. A check that could not be evaluated is `broken`, which is no better than failed."""

    gate: Gate
    suite: str
    check: str
    severity: Severity
    status: Status
    observed: str | None
    expected: str | None
    column: str | None
    unexpected_examples: tuple[str, ...]
    meaning: str
    meaning_zh: str

    @property
    def name(self) -> str:
        """By which somebody answers for it."""
        return f"{self.suite}.{self.check}"

    @property
    def is_refusal(self) -> bool:
        """Whether it stops the release (marts) or the batch (sources)."""
        return self.status == "broken" or (self.status == "failed" and self.severity == "critical")

    @property
    def reason(self) -> str:
        """`what - where - what it saw`, for a terminal or a log."""
        what = "could not be evaluated" if self.status == "broken" else f"{self.status} ({self.severity})"
        seen = f"{self.observed}, expected {self.expected}" if self.status == "failed" else str(self.observed)
        examples = f": {'; '.join(self.unexpected_examples)}" if self.unexpected_examples else ""
        return f"{self.meaning}: {what} - {self.gate}/{self.suite}.{self.check} - {seen}{examples}"

    def to_dict(self) -> dict[str, Any]:
        """As in a manifest."""
        return {**asdict(self), "unexpected_examples": list(self.unexpected_examples)}


@dataclass(frozen=True)
class GateResult:
    """What the sources gate decided on one landing; `reasons` and `warnings` are sentences."""

    landing_id: str
    source: str
    status: Literal["passed", "held"]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "reasons": list(self.reasons), "warnings": list(self.warnings)}


@dataclass(frozen=True)
class AuditReport:
    """What the marts gate decided on a candidate. `checks` holds every check, `refused_reasons` a sentence for each that stops it.

    `approved`: names of the checks that somebody has answered for; they stop it no more.
    """

    status: Literal["passed", "refused"]
    fingerprint: str
    checks: tuple[CheckResult, ...]
    seconds: float = 0.0
    approved: tuple[str, ...] = ()

    @property
    def refused_reasons(self) -> tuple[str, ...]:
        return tuple(check.reason for check in self.checks if check.is_refusal and check.name not in self.approved)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is published with the data and shown."""
        return tuple(check.reason for check in self.checks if check.status == "failed" and check.severity == "warning")

    def to_dict(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "fingerprint": self.fingerprint,
            "seconds": round(self.seconds, 1),
            "refused_reasons": list(self.refused_reasons),
            "warnings": list(self.warnings),
            "approved": list(self.approved),
            "checks": [check.to_dict() for check in self.checks],
        }


def require_evaluated(results: Iterable[CheckResult]) -> None:
    """Raise `CommunityMetricsError` if a check is broken for a reason that lies in the disk: that says nothing about the data."""
    for result in results:
        if result.status == "broken" and (shows_damage(result.observed) or says_no_room(result.observed)):
            raise CommunityMetricsError(
                f"a check could not be evaluated: {result.observed}",
                f"{result.gate}/{result.suite}.{result.check}",
                "`community-metrics run` again",
            )


def judge(fingerprint: str, checks: Iterable[CheckResult], seconds: float = 0.0) -> AuditReport:
    """The verdict that the results of a marts gate amount to."""
    results = tuple(checks)
    refused = any(check.is_refusal for check in results)
    return AuditReport("refused" if refused else "passed", fingerprint, results, seconds)


def append_results(settings: Settings, fingerprint: str, results: Sequence[CheckResult]) -> None:
    """Append one run's results. Raises `BusyError` if another process keeps `ops.duckdb` for half a minute."""
    if not results:
        return
    run_at = datetime.now(UTC).replace(tzinfo=None)
    rows = [
        [
            run_at,
            fingerprint,
            result.gate,
            result.suite,
            result.check,
            result.severity,
            result.status,
            result.observed,
            result.expected,
            result.column,
            json.dumps(result.unexpected_examples, ensure_ascii=False),
            result.meaning,
            result.meaning_zh,
        ]
        for result in results
    ]
    with open_ops(settings) as connection:
        connection.execute("begin")
        connection.execute(_TABLE)
        connection.executemany(f"insert into ops.check_results values ({', '.join('?' * len(rows[0]))})", rows)
        connection.execute("commit")


def last_audit(settings: Settings, fingerprint: str) -> AuditReport | None:
    """The newest audit of a candidate, out of the kept results; None if it was never audited."""
    if not settings.ops_path.exists():
        return None
    with open_ops(settings) as connection:
        connection.execute(_TABLE)
        rows = connection.execute(
            """
            select gate, suite, "check", severity, status, observed, expected, "column", unexpected_examples, meaning, meaning_zh
            from ops.check_results
            where gate = 'marts' and fingerprint = $1
            and run_at = (select max(run_at) from ops.check_results where gate = 'marts' and fingerprint = $1)
            order by suite, "check"
            """,
            [fingerprint],
        ).fetchall()
    return judge(fingerprint, map(_result, rows)) if rows else None


def _result(row: Sequence[Any]) -> CheckResult:
    gate, suite, check, severity, status, observed, expected, column, examples, meaning, meaning_zh = row
    return CheckResult(
        gate=cast(Gate, gate),
        suite=suite,
        check=check,
        severity=cast(Severity, severity),
        status=cast(Status, status),
        observed=observed,
        expected=expected,
        column=column,
        unexpected_examples=tuple(json.loads(examples)),
        meaning=meaning,
        meaning_zh=meaning_zh,
    )
