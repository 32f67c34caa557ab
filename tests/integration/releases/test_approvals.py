"""A critical check is overridden by name, for one candidate and no other, and readers see by whom and why."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from release_workshop import check, land_orders
from test_pipeline_runs import Stage, stage

from community_metrics import pipeline
from community_metrics.audit.results import CheckResult
from community_metrics.errors import RefusedError, UsageError
from community_metrics.releases.candidate import read_candidate
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.pointer import current_release_id
from community_metrics.settings import Settings

__all__ = ["stage"]

FAILED = check(status="failed")
NAME = f"{FAILED.suite}.{FAILED.check}"
OTHER = check(status="failed", name="another_one")


def refuse(settings: Settings, stage: Stage, *checks: CheckResult) -> None:
    stage.checks = checks or (FAILED,)
    assert pipeline.run(settings).outcome == "refused"
    assert current_release_id(settings) is None


def test_an_approved_candidate_is_published_and_says_so(settings: Settings, stage: Stage) -> None:
    refuse(settings, stage)
    approval = pipeline.approve(settings, NAME, "  Lin Xiaohe ", "the shop was closed that day")
    assert (approval.check, approval.by, approval.is_last) == (NAME, "Lin Xiaohe", True)
    report = pipeline.run(settings)
    assert (report.outcome, stage.builds, stage.audits) == ("published", 1, 1)
    assert report.publish is not None
    manifest = read_manifest(report.publish.path)
    (entry,) = manifest["approvals"]
    assert (entry["check"], entry["by"], entry["reason"]) == (NAME, "Lin Xiaohe", "the shop was closed that day")
    assert entry["fingerprint"] == manifest["fingerprint"]
    # The check has not passed: it was overridden.
    assert [(found["check"], found["status"]) for found in manifest["checks"]] == [(FAILED.check, "failed")]
    assert any("approved by Lin Xiaohe" in warning for warning in report.publish.warnings)


def test_every_refused_check_wants_an_approval_of_its_own(settings: Settings, stage: Stage) -> None:
    refuse(settings, stage, FAILED, OTHER)
    assert pipeline.approve(settings, NAME, "Lin", "known").open == (f"{OTHER.suite}.{OTHER.check}",)
    assert pipeline.run(settings).outcome == "refused"
    with pytest.raises(RefusedError):
        pipeline.publish(settings)
    assert pipeline.approve(settings, f"{OTHER.suite}.{OTHER.check}", "Wang", "known too").is_last
    assert pipeline.publish(settings).is_new


def test_an_approval_is_for_one_candidate_only(settings: Settings, stage: Stage) -> None:
    refuse(settings, stage)
    pipeline.approve(settings, NAME, "Lin", "the shop was closed that day")
    land_orders(settings, 2)
    assert pipeline.run(settings).outcome == "refused"
    candidate = read_candidate(settings)
    assert candidate is not None and candidate.approvals == []


def test_other_checks_are_another_candidate_and_the_same_ones_are_not(settings: Settings, stage: Stage) -> None:
    refuse(settings, stage, FAILED, OTHER)
    pipeline.approve(settings, NAME, "Lin", "known")
    judged = pipeline.audit(settings)
    assert (judged.status, judged.approved) == ("refused", (NAME,))
    assert [reason.split(" - ")[1] for reason in judged.refused_reasons] == [f"marts/{OTHER.suite}.{OTHER.check}"]
    candidate = read_candidate(settings)
    assert candidate is not None and [entry["check"] for entry in candidate.approvals] == [NAME]
    stage.suites = "stricter suites"
    assert pipeline.run(settings).outcome == "refused"
    candidate = read_candidate(settings)
    assert candidate is not None and candidate.approvals == []


@pytest.mark.parametrize(
    ("name", "by", "reason", "message"),
    [
        (NAME, " ", "because", "needs a name and a reason"),
        (NAME, "Lin", "", "needs a name and a reason"),
        ("marts.nothing", "Lin", "because", f"'marts.nothing' does not refuse the candidate - .* - refused by: {NAME}"),
    ],
)
def test_what_is_no_approval_is_said(settings: Settings, stage: Stage, name: str, by: str, reason: str, message: str) -> None:
    refuse(settings, stage)
    with pytest.raises(UsageError, match=message):
        pipeline.approve(settings, name, by, reason)


def test_a_warning_and_a_passed_candidate_need_nobody(settings: Settings, stage: Stage) -> None:
    stage.checks = (replace(FAILED, severity="warning"),)
    assert pipeline.run(settings).outcome == "published"
    with pytest.raises(UsageError, match="no candidate is refused"):
        pipeline.approve(settings, NAME, "Lin", "because")


def test_a_broken_check_cannot_be_approved(settings: Settings, stage: Stage) -> None:
    refuse(settings, stage, check(status="broken", severity="info"))
    with pytest.raises(UsageError, match="could not be evaluated"):
        pipeline.approve(settings, NAME, "Lin", "because")


def test_judged_again_an_approved_candidate_has_passed(settings: Settings, stage: Stage) -> None:
    refuse(settings, stage)
    pipeline.approve(settings, NAME, "Lin", "known")
    judged = pipeline.audit(settings)
    assert (judged.status, judged.approved, judged.refused_reasons) == ("passed", (NAME,), ())
    assert pipeline.publish(settings).is_new


def test_the_command_says_what_is_still_open(settings: Settings, stage: Stage) -> None:
    from click.testing import CliRunner

    from community_metrics.cli import main

    refuse(settings, stage)
    words = ["approve", NAME, "--by", "Lin", "--reason", "the shop was closed", "--home", str(settings.home)]
    result = CliRunner().invoke(main, [*words, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["open"] == []
    assert CliRunner().invoke(main, words).exit_code == 2
