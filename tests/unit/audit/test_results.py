"""Results: what is shown of a row, and what a set of results amounts to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from community_metrics.audit.results import CheckResult, judge, require_evaluated
from community_metrics.audit.validation import describe_rows
from community_metrics.errors import CommunityMetricsError

PASSED = CheckResult("marts", "mart_x", "rule", "critical", "passed", "0 rows", "0 rows", None, (), "A rule", "规则")


@pytest.mark.parametrize(
    ("severity", "status", "verdict"),
    [
        ("critical", "passed", "passed"),
        ("critical", "failed", "refused"),
        ("warning", "failed", "passed"),
        ("info", "failed", "passed"),
        ("warning", "broken", "refused"),
        ("info", "broken", "refused"),
        ("critical", "not_applicable", "passed"),
    ],
)
def test_a_failed_critical_check_or_a_broken_one_refuses(severity: str, status: str, verdict: str) -> None:
    report = judge("f", [PASSED, replace(PASSED, severity=severity, status=status)])  # type: ignore[arg-type]
    assert report.status == verdict
    assert bool(report.refused_reasons) == (verdict == "refused")


@pytest.mark.parametrize("said", ["IO Error: Corrupt database file: computed checksum 1", "No space left on device"])
def test_a_check_that_broke_over_the_disk_is_no_verdict_on_the_data(said: str) -> None:
    broken = replace(PASSED, status="broken", observed=said)
    with pytest.raises(CommunityMetricsError, match=r"a check could not be evaluated: .* - marts/mart_x\.rule"):
        require_evaluated([PASSED, broken])
    require_evaluated([replace(broken, status="failed"), replace(broken, observed="no such column")])


def test_a_report_reads_as_a_manifest_does() -> None:
    content = judge("f", [replace(PASSED, unexpected_examples=("dau=1",))]).to_dict()
    assert content["checks"] == [
        {
            "gate": "marts",
            "suite": "mart_x",
            "check": "rule",
            "severity": "critical",
            "status": "passed",
            "observed": "0 rows",
            "expected": "0 rows",
            "column": None,
            "unexpected_examples": ["dau=1"],
            "meaning": "A rule",
            "meaning_zh": "规则",
        }
    ]


@pytest.mark.parametrize(
    "column",
    ["member_key", "member_id", "native_ids", "person_id", "unionid", "openid", "owner", "inviter_id", "referrer_member_id"],
)
def test_a_column_that_names_a_person_is_not_shown(column: str) -> None:
    assert describe_rows([{column: "a" * 32, "dau": 1}]) == ("dau=1",)


@pytest.mark.parametrize("column", ["members_at_end", "new_members", "paying_members", "account_id", "scope_id", "content_key", "chat_id"])
def test_counts_and_keys_of_other_things_are_shown(column: str) -> None:
    assert describe_rows([{column: 7}]) == (f"{column}=7",)


def test_an_example_is_cut_to_a_line_that_fits_a_log() -> None:
    assert len(describe_rows([{"label": "x" * 10_000}])[0]) == 300
