"""`run`: does what is needed and no more, takes up where it stopped, and never undoes a decision of people.

Lake, dbt and Great Expectations are stood in for here; ledger, fingerprints, candidate, releases and locks are the real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest
from release_workshop import check, land_orders, write_warehouse

from community_metrics import pipeline
from community_metrics.audit import gates, suites
from community_metrics.audit.results import AuditReport, CheckResult, GateResult, judge
from community_metrics.errors import BusyError, CommunityMetricsError, RefusedError
from community_metrics.lake import batch
from community_metrics.landing.ledger import Ledger
from community_metrics.locks import ingest_lock, writer_lock
from community_metrics.releases import publish as publishing
from community_metrics.releases.history import list_releases, refusals, roll_back
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.pointer import current_release_id
from community_metrics.settings import Settings
from community_metrics.warehouse import build as warehouse
from community_metrics.warehouse.build import BuildReport, candidate_fingerprint
from community_metrics.warehouse.control import open_warehouse, write_state
from community_metrics.warehouse.dbt import NodeResult


@dataclass
class Stage:
    """The steps that are stood in for: what they shall do, and how often they were called."""

    builds: int = 0
    audits: int = 0
    checks: tuple[CheckResult, ...] = (check(),)
    suites: str = "suites"
    lands_before_the_build: int | None = None
    lands_in_the_build: int | None = None
    build_fails: bool = False
    taken: list[str] = field(default_factory=list)

    def build_warehouse(
        self, settings: Settings, full_refresh: bool = False, on_result: Callable[[NodeResult], None] | None = None
    ) -> BuildReport:
        self.builds += 1
        if self.lands_before_the_build is not None:
            land_orders(settings, self.lands_before_the_build)
            self.lands_before_the_build = None
        fingerprint = candidate_fingerprint(settings)
        if self.lands_in_the_build is not None:
            land_orders(settings, self.lands_in_the_build)
            self.lands_in_the_build = None
        write_warehouse(settings, self.builds)
        with open_warehouse(settings) as connection:
            write_state(connection, fingerprint=None if self.build_fails else fingerprint)
        if on_result:
            on_result(NodeResult("mart_activity_daily", "model", "OK", 0.25, ""))
            on_result(NodeResult("not_null_dau", "test", "pass", 0.01, ""))
        if self.build_fails:
            raise CommunityMetricsError("a model failed", "mart_activity_daily", "see the log")
        return BuildReport(fingerprint, 3, 0.1, full_refresh, "asked for" if full_refresh else "")

    def audit_marts(self, settings: Settings, fingerprint: str) -> AuditReport:
        self.audits += 1
        return judge(fingerprint, self.checks)

    def ingest_waiting(self, settings: Settings, sources: Sequence[str] | None = None, retry: bool = False) -> batch.IngestReport:
        with Ledger(settings.ledger_path) as ledger:
            landings = tuple(ledger.landing(landing_id) for landing_id in self.taken)
        self.taken = []
        return batch.IngestReport("run", landings)

    def gate_landings(self, settings: Settings, ledger: Ledger) -> list[GateResult]:
        return []


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage()
    monkeypatch.setattr(warehouse, "build_warehouse", made.build_warehouse)
    monkeypatch.setattr(gates, "audit_marts", made.audit_marts)
    monkeypatch.setattr(gates, "gate_landings", made.gate_landings)
    monkeypatch.setattr(batch, "ingest_waiting", made.ingest_waiting)
    monkeypatch.setattr(suites, "suites_fingerprint", lambda _: made.suites)
    return made


def test_a_first_run_publishes_and_a_second_finds_nothing_new(settings: Settings, stage: Stage) -> None:
    first = pipeline.run(settings)
    assert (first.outcome, first.exit_code) == ("published", 0)
    assert first.publish is not None
    assert first.publish.release_id == current_release_id(settings)

    second = pipeline.run(settings)
    assert (second.outcome, second.exit_code) == ("nothing_new", 0)
    assert second.message.startswith(f"nothing new: {first.publish.release_id}")
    assert (stage.builds, stage.audits) == (1, 1)


def test_a_run_without_any_usable_file_publishes_nothing(settings: Settings, stage: Stage) -> None:
    with Ledger(settings.ledger_path) as ledger:
        ledger.withdraw(ledger.landings()[0].sha256, "landed by mistake")
    report = pipeline.run(settings)
    assert (report.outcome, stage.builds) == ("nothing_new", 0)
    assert current_release_id(settings) is None


def test_new_files_lead_to_a_new_release(settings: Settings, stage: Stage) -> None:
    first = pipeline.run(settings)
    land_orders(settings, 2)
    second = pipeline.run(settings)
    assert second.outcome == "published"
    assert first.publish is not None and second.publish is not None
    assert second.publish.previous_release_id == first.publish.release_id
    assert len(read_manifest(settings.current_release)["inputs"]) == 2


def test_a_refused_candidate_leaves_the_release_and_is_told_again_without_a_rebuild(settings: Settings, stage: Stage) -> None:
    good = pipeline.run(settings)
    assert good.publish is not None
    land_orders(settings, 2)
    stage.checks = (check(), check("critical", "failed", "no_negative_counts"))
    refused = pipeline.run(settings)
    assert (refused.outcome, refused.exit_code) == ("refused", 3)
    assert [reason.split(" - ")[1] for reason in refused.reasons] == ["marts/mart_activity_daily.no_negative_counts"]
    assert current_release_id(settings) == good.publish.release_id

    again = pipeline.run(settings)
    assert (again.outcome, again.exit_code, again.reasons) == ("refused", 3, refused.reasons)
    assert (stage.builds, stage.audits) == (2, 2)
    with pytest.raises(RefusedError, match="the audit refused the candidate"):
        pipeline.publish(settings)

    land_orders(settings, 3)
    stage.checks = (check(),)
    assert pipeline.run(settings).outcome == "published"
    (told,) = read_manifest(settings.current_release)["refusals"]
    assert told["reasons"] == list(refused.reasons)


def test_a_broken_check_refuses_and_a_failed_warning_does_not(settings: Settings, stage: Stage) -> None:
    stage.checks = (check("info", "broken"),)
    assert pipeline.run(settings).exit_code == 3
    stage.suites = "mended"
    stage.checks = (check("warning", "failed"),)
    assert pipeline.run(settings).exit_code == 0
    assert len(read_manifest(settings.current_release)["warnings"]) == 1


def test_changed_checks_judge_the_same_candidate_again_without_a_rebuild(settings: Settings, stage: Stage) -> None:
    good = pipeline.run(settings)
    assert good.publish is not None
    stage.suites = "stricter"
    stage.checks = (check("critical", "failed"),)
    assert pipeline.run(settings).exit_code == 3
    assert current_release_id(settings) == good.publish.release_id
    assert (stage.builds, stage.audits) == (1, 2)


def test_a_candidate_judged_twice_is_one_refusal(settings: Settings, stage: Stage) -> None:
    stage.checks = (check("critical", "failed"),)
    pipeline.build(settings)
    pipeline.audit(settings)
    pipeline.audit(settings)
    assert len(refusals(settings)) == 1


def test_what_happened_to_this_runs_files_shows_in_the_exit_code(settings: Settings, stage: Stage) -> None:
    stage.taken = [land_orders(settings, 2)]
    report = pipeline.run(settings)
    assert [(file.name, file.quarantined) for file in report.ingest.troubled] == [("orders of Mrs Example 2.csv", 1)]
    assert (report.outcome, report.exit_code) == ("published", 4)
    assert pipeline.run(settings).exit_code == 0


def test_a_rollback_stays_until_something_new_lands(settings: Settings, stage: Stage) -> None:
    first = pipeline.run(settings)
    land_orders(settings, 2)
    second = pipeline.run(settings)
    assert first.publish is not None and second.publish is not None
    roll_back(settings, first.publish.release_id)

    idle = pipeline.run(settings)
    assert (idle.outcome, idle.exit_code) == ("rolled_back", 0)
    assert current_release_id(settings) == first.publish.release_id

    land_orders(settings, 3)
    third = pipeline.run(settings)
    assert third.outcome == "published"
    assert third.publish is not None
    assert third.publish.previous_release_id == first.publish.release_id
    assert [summary.state for summary in list_releases(settings)] == ["current", "rolled_back", "earlier"]


def test_a_run_takes_up_a_built_or_audited_candidate(settings: Settings, stage: Stage) -> None:
    pipeline.build(settings)
    report = pipeline.run(settings)
    assert (report.build, stage.builds, stage.audits) == (None, 1, 1)
    land_orders(settings, 2)
    pipeline.build(settings)
    pipeline.audit(settings)
    report = pipeline.run(settings)
    assert (report.outcome, report.build, report.audit) == ("published", None, None)


def test_a_build_that_fails_leaves_no_candidate_and_the_release_in_place(settings: Settings, stage: Stage) -> None:
    good = pipeline.run(settings)
    assert good.publish is not None
    land_orders(settings, 2)
    stage.build_fails = True
    with pytest.raises(CommunityMetricsError, match="a model failed"):
        pipeline.run(settings)
    with pytest.raises(CommunityMetricsError, match="no candidate to audit"):
        pipeline.audit(settings)
    with pytest.raises(RefusedError, match="not audited"):
        pipeline.publish(settings)
    assert current_release_id(settings) == good.publish.release_id
    stage.build_fails = False
    assert pipeline.run(settings).outcome == "published"


def test_publishing_wants_an_audit_of_this_very_candidate(settings: Settings, stage: Stage) -> None:
    with pytest.raises(RefusedError, match="not audited"):
        pipeline.publish(settings)
    pipeline.build(settings)
    with pytest.raises(RefusedError, match="not audited"):
        pipeline.publish(settings)
    pipeline.audit(settings)
    with open_warehouse(settings) as connection:
        write_state(connection, fingerprint="somebody built by hand")
    with pytest.raises(RefusedError, match="not audited"):
        pipeline.publish(settings)
    assert current_release_id(settings) is None


def test_files_that_land_during_a_build_belong_to_the_next_release(settings: Settings, stage: Stage) -> None:
    stage.lands_in_the_build = 2
    assert pipeline.run(settings).outcome == "published"
    assert len(read_manifest(settings.current_release)["inputs"]) == 1
    assert pipeline.run(settings).outcome == "published"
    assert len(read_manifest(settings.current_release)["inputs"]) == 2


def test_files_that_land_just_before_a_build_are_among_its_inputs(settings: Settings, stage: Stage) -> None:
    stage.lands_before_the_build = 2
    assert pipeline.run(settings).outcome == "published"
    assert len(read_manifest(settings.current_release)["inputs"]) == 2
    assert (pipeline.run(settings).outcome, stage.builds) == ("nothing_new", 1)


def test_files_that_land_before_and_during_a_build_cause_another(settings: Settings, stage: Stage) -> None:
    stage.lands_before_the_build, stage.lands_in_the_build = 2, 3
    assert pipeline.run(settings).outcome == "published"
    assert len(read_manifest(settings.current_release)["inputs"]) == 3
    assert stage.builds == 2


def test_a_run_finishes_what_a_killed_publication_left(settings: Settings, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_close_books", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(settings)
    report = pipeline.run(settings)
    assert (report.outcome, stage.builds) == ("nothing_new", 1)
    with Ledger(settings.ledger_path) as ledger:
        assert ledger.published_release_id() == current_release_id(settings)


def test_a_second_run_at_the_same_time_is_told_who_works(settings: Settings, stage: Stage) -> None:
    with writer_lock(settings, "build"), pytest.raises(BusyError, match="`build`"):
        pipeline.run(settings)


def test_reading_the_landing_does_not_keep_others_from_publishing(settings: Settings, stage: Stage) -> None:
    pipeline.build(settings)
    pipeline.audit(settings)
    with ingest_lock(settings, "ingest"):
        assert pipeline.publish(settings).is_new


def recorded(settings: Settings, columns: str, table: str = "pipeline_runs") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.ops_path), read_only=True) as connection:
        return connection.execute(f"select {columns} from ops.{table} order by started_at, run_id").fetchall()


def test_every_step_of_a_run_is_recorded_with_what_it_did(settings: Settings, stage: Stage) -> None:
    stage.taken = [land_orders(settings, 1)]
    report = pipeline.run(settings)
    assert report.publish is not None
    published = report.publish.release_id
    assert recorded(
        settings, "step, status, files, rows_in, rows_accepted, rows_quarantined, models, checks, checks_failed, release_id"
    ) == [
        ("run", "succeeded", None, None, None, None, None, None, None, published),
        ("ingest", "succeeded", 1, 3, 2, 1, None, None, None, None),
        ("build", "succeeded", 1, None, None, None, 3, None, None, None),
        ("audit", "succeeded", None, None, None, None, None, 1, 0, None),
        ("publish", "succeeded", None, None, None, None, None, None, None, published),
    ]
    assert recorded(settings, "model, status, seconds", "model_runs") == [("mart_activity_daily", "OK", 0.25)]
    pipeline.run(settings)
    assert recorded(settings, "step, status")[5:] == [("run", "nothing_new"), ("ingest", "nothing_new")]


def test_a_refusal_and_a_failure_are_recorded_as_what_they_are(settings: Settings, stage: Stage) -> None:
    land_orders(settings, 1)
    stage.checks = (check(status="failed"),)
    pipeline.run(settings)
    assert recorded(settings, "step, status")[-1] == ("audit", "refused")
    assert recorded(settings, "status, error")[0] == ("refused", "refused by the audit; nothing is published")
    stage.build_fails = True
    with pytest.raises(CommunityMetricsError):
        pipeline.build(settings)
    assert recorded(settings, "step, status, error")[-1] == ("build", "failed", "a model failed - mart_activity_daily - see the log")


def test_digests_and_fingerprints_know_nothing_of_the_record(settings: Settings, stage: Stage) -> None:
    land_orders(settings, 1)
    pipeline.run(settings)
    before = candidate_fingerprint(settings)
    settings.ops_path.unlink()
    assert candidate_fingerprint(settings) == before
    assert pipeline.run(settings).outcome == "nothing_new"
