"""What the trust page and the badge in every header say about a release, taken from its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SEVERITIES = ("critical", "warning", "info")
STATUSES = ("broken", "failed", "passed", "not_applicable")
# The page names the latest files; the manifest beside it names all of them.
INPUTS_SHOWN = 200
SHORT_HASH = 12


@dataclass(frozen=True)
class Check:
    gate: str
    suite: str
    name: str
    severity: str
    status: str
    observed: str
    expected: str
    meaning: Mapping[str, str]


@dataclass(frozen=True)
class Refusal:
    """A candidate that the audit refused, or a warning that was published with the data."""

    at: str
    code: str
    reason: str


@dataclass(frozen=True)
class Approval:
    """A critical check that failed, and who has answered for it."""

    at: str
    by: str
    check: str
    reason: str
    meaning: Mapping[str, str]


@dataclass(frozen=True)
class Trust:
    release_id: str
    created_at: str
    code_version: str
    previous_release_id: str
    data_through: str
    checks: Sequence[Check]
    inputs: Sequence[Mapping[str, str]]
    inputs_in_release: int
    marts: Sequence[Mapping[str, str]]
    refusals: Sequence[Refusal]
    warnings: Sequence[Refusal]
    approvals: Sequence[Approval]

    def count(self, *statuses: str) -> int:
        return sum(check.status in statuses for check in self.checks)

    @property
    def to_note(self) -> int:
        """Checks that did not pass and warnings beside them; a warning that repeats a failed check counts once."""
        return self.count("failed", "broken") + sum(warning.code not in ("check_failed", "approved") for warning in self.warnings)

    @property
    def critical_failures(self) -> int:
        return sum(check.severity == "critical" and check.status in ("failed", "broken") for check in self.checks)

    @property
    def applicable(self) -> int:
        return len(self.checks) - self.count("not_applicable")

    @property
    def verdict(self) -> str:
        """'unchecked', 'attention' (a check failed or there are warnings) or 'clean'."""
        if not self.checks:
            return "unchecked"
        return "attention" if self.to_note else "clean"


def read_trust(manifest: Mapping[str, Any]) -> Trust:
    """Bring the manifest into the page's order: what went wrong first, the newest input first. Missing parts are empty."""
    inputs = [_input(entry) for entry in manifest.get("inputs") or []]
    inputs.sort(key=lambda entry: (entry["period"], entry["source"], entry["account"]), reverse=True)
    return Trust(
        release_id=_said(manifest.get("release_id")),
        created_at=_instant(manifest.get("created_at")),
        code_version=_said(manifest.get("code_version")),
        previous_release_id=_said(manifest.get("previous_release_id")),
        data_through=_said(manifest.get("data_through"))[:10],
        checks=sorted((_check(entry) for entry in manifest.get("checks") or []), key=_urgency),
        inputs=inputs[:INPUTS_SHOWN],
        inputs_in_release=len(inputs),
        marts=[_mart(entry) for entry in manifest.get("marts") or []],
        refusals=[_refusal(entry) for entry in manifest.get("refusals") or []],
        warnings=[_refusal(entry) for entry in manifest.get("warnings") or []],
        approvals=[_approval(entry) for entry in manifest.get("approvals") or []],
    )


def _check(entry: Mapping[str, Any]) -> Check:
    english = _said(entry.get("meaning"))
    return Check(
        gate=_said(entry.get("gate")),
        suite=_said(entry.get("suite")),
        name=_said(entry.get("check")),
        severity=_said(entry.get("severity")),
        status=_said(entry.get("status")),
        observed=_said(entry.get("observed")),
        expected=_said(entry.get("expected")),
        meaning={"zh": _said(entry.get("meaning_zh")) or english, "en": english},
    )


def _urgency(check: Check) -> tuple[int, int, str, str, str]:
    return (_rank(STATUSES, check.status), _rank(SEVERITIES, check.severity), check.gate, check.suite, check.name)


def _rank(order: Sequence[str], value: str) -> int:
    return order.index(value) if value in order else len(order)


def _input(entry: Mapping[str, Any]) -> dict[str, str]:
    names = ("source", "account", "period", "sha256", "rows", "quarantined")
    shown = {name: _said(entry.get(name)) for name in names}
    # Most files have no declared period; they tell the state at their snapshot.
    shown["period"] = shown["period"] or _said(entry.get("snapshot_at"))[:10]
    return {
        **shown,
        "rows": _counted(entry.get("rows")),
        "quarantined": _counted(entry.get("quarantined")),
        "short": shown["sha256"][:SHORT_HASH],
    }


def _mart(entry: Mapping[str, Any]) -> dict[str, str]:
    digest = _said(entry.get("digest"))
    return {"name": _said(entry.get("name")), "rows": _counted(entry.get("rows")), "digest": digest, "short": digest[:SHORT_HASH]}


def _refusal(entry: Any) -> Refusal:
    if not isinstance(entry, Mapping):
        return Refusal("", "", _said(entry))
    at = next((entry[name] for name in ("refused_at", "created_at", "at") if entry.get(name)), None)
    code = next((entry[name] for name in ("code", "fingerprint", "release_id") if entry.get(name)), None)
    reason = next((entry[name] for name in ("reason", "message", "text") if entry.get(name)), None)
    checks = entry.get("checks")
    if reason is None and isinstance(checks, list):
        reason = ", ".join(_said(check.get("check") if isinstance(check, Mapping) else check) for check in checks)
    if reason is None:
        reason = ", ".join(f"{name}: {_said(value)}" for name, value in entry.items())
    return Refusal(_instant(at), _said(code)[:SHORT_HASH], _said(reason))


def _approval(entry: Mapping[str, Any]) -> Approval:
    english = _said(entry.get("meaning"))
    return Approval(
        at=_instant(entry.get("at")),
        by=_said(entry.get("by")),
        check=_said(entry.get("check")),
        reason=_said(entry.get("reason")),
        meaning={"zh": _said(entry.get("meaning_zh")) or english, "en": english},
    )


def _said(value: Any) -> str:
    return "" if value is None else str(value)


def _counted(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else _said(value)


def _instant(value: Any) -> str:
    """`2026-06-01T01:30:12.5+00:00` as `2026-06-01 01:30 UTC`; anything else as it stands."""
    text = _said(value)
    if len(text) >= 16 and text[10] in "T " and text.endswith(("Z", "+00:00")):
        return f"{text[:10]} {text[11:16]} UTC"
    return text
