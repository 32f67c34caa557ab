"""What the manifest says comes to the trust page in the order of urgency, whatever parts it has."""

from __future__ import annotations

from browser import fixture_release
from community_metrics.dashboard.trust import Refusal, read_trust


def test_what_went_wrong_comes_first() -> None:
    trust = read_trust(fixture_release.manifest())
    assert [(check.status, check.severity) for check in trust.checks][:4] == [
        ("failed", "warning"),
        ("failed", "warning"),
        ("passed", "critical"),
        ("passed", "critical"),
    ]
    assert trust.checks[-1].status == "not_applicable"
    assert (trust.count("passed"), trust.applicable, trust.critical_failures, trust.verdict) == (8, 10, 0, "attention")


def test_a_warning_that_repeats_a_failed_check_counts_once() -> None:
    check = {"gate": "marts", "suite": "s", "check": "c", "severity": "warning", "status": "failed"}
    warnings = [{"code": "check_failed", "message": "c failed"}, {"code": "held", "message": "orders 3f2a is held"}]
    assert read_trust({"checks": [check], "warnings": warnings}).to_note == 2


def test_refusals_and_warnings_may_be_sentences_or_records() -> None:
    trust = read_trust(
        {
            "warnings": ["orders have not landed"],
            "refusals": [{"refused_at": "2026-05-31T09:12:44.120000Z", "fingerprint": "c0ffee" * 8, "reason": "net_amount is wrong"}],
        }
    )
    assert trust.warnings == [Refusal("", "", "orders have not landed")]
    assert trust.refusals == [Refusal("2026-05-31 09:12 UTC", "c0ffeec0ffee", "net_amount is wrong")]


def test_a_clean_release_and_one_without_checks_are_told_apart() -> None:
    passed = {"gate": "marts", "suite": "s", "check": "c", "severity": "critical", "status": "passed"}
    assert read_trust({"checks": [passed]}).verdict == "clean"
    assert read_trust({}).verdict == "unchecked"


def test_inputs_are_named_newest_first_with_a_short_hash() -> None:
    inputs = [
        {"source": "orders", "account": "shop1", "period": "2026-05-30", "sha256": "ab" * 32, "rows": 12345, "quarantined": 0},
        {"source": "orders", "account": "shop1", "period": "2026-05-31", "sha256": "cd" * 32, "rows": 1, "quarantined": None},
    ]
    shown = read_trust({"inputs": inputs}).inputs
    assert [(entry["period"], entry["short"], entry["rows"], entry["quarantined"]) for entry in shown] == [
        ("2026-05-31", "cdcdcdcdcdcd", "1", ""),
        ("2026-05-30", "abababababab", "12,345", "0"),
    ]
