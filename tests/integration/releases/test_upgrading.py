"""`upgrade`: what it finds to do, that it shows nothing, and what it refuses to begin with."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from release_workshop import check
from test_pipeline_runs import Stage, stage

from community_metrics import pipeline
from community_metrics.cli import main
from community_metrics.errors import CommunityMetricsError, UsageError
from community_metrics.lake import batch
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.reading import TEMPLATE_FACT
from community_metrics.releases.pointer import current_release_id
from community_metrics.settings import Settings, load_settings
from community_metrics.upgrading import plan_upgrade, upgrade
from community_metrics.warehouse.control import open_warehouse, write_state
from community_metrics.warehouse.definitions import code_fingerprint

__all__ = ["stage"]


@pytest.fixture
def published(settings: Settings, stage: Stage) -> Settings:
    """A home that this very program has just published from."""
    pipeline.run(settings)
    with Ledger(settings.ledger_path) as ledger:
        ledger.adopt_lake_identity(batch.lake_identity(settings))
    with open_warehouse(settings) as connection:
        write_state(connection, code=code_fingerprint(settings))
    return settings


def invoke(settings: Settings, *words: str) -> Result:
    return CliRunner().invoke(main, ["upgrade", "--home", str(settings.home), *words])


def test_a_home_of_this_version_has_nothing_to_upgrade(published: Settings) -> None:
    plan = plan_upgrade(published)
    assert (plan.is_needed, plan.reread, plan.rebuild, plan.lake_changes) == (False, 0, False, ())
    assert invoke(published, "--check").stdout.endswith("nothing to upgrade\n")


def test_a_lake_of_another_format_and_a_changed_template_are_read_anew(published: Settings) -> None:
    with Ledger(published.ledger_path) as ledger:
        (landing,) = ledger.landings()
        template = landing.template
        ledger.adopt_templates({str(template): "an older fingerprint"})
    with sqlite3.connect(published.ledger_path) as connection:
        connection.execute("update landings set status = 'ingested'")
    plan = plan_upgrade(published)
    assert (plan.template_changes, plan.reread) == ((template,), 1)
    with sqlite3.connect(published.ledger_path) as connection:
        connection.execute("update facts set value = '1' where name = 'lake_format'")
        connection.execute("delete from facts where name glob ?", (f"{TEMPLATE_FACT}*",))
    plan = plan_upgrade(published)
    assert (plan.lake_changes, plan.reread) == (("format",), 1)
    assert "lake: 1 files are read anew, because of the lake's format" in invoke(published, "--check").stdout


def test_looking_changes_nothing(published: Settings) -> None:
    with sqlite3.connect(published.ledger_path) as connection:
        connection.execute("pragma user_version = 1")
    result = invoke(published, "--check", "--json")
    assert json.loads(result.stdout)["ledger_schema"] == 1
    with sqlite3.connect(published.ledger_path) as connection:
        assert connection.execute("pragma user_version").fetchone() == (1,)


def test_what_other_models_made_is_built_and_judged_but_not_shown(published: Settings, stage: Stage, tmp_path: Path) -> None:
    with open_warehouse(published) as connection:
        write_state(connection, code="other models")
    assert plan_upgrade(published).rebuild
    before = current_release_id(published)
    stage.lands_before_the_build = 2
    with Ledger(published.ledger_path) as ledger:
        ledger.record_refused(ledger.landings()[0].landing_id, "rejected", "unreadable", "no header")
    report = upgrade(published, tmp_path / "saved.tar")
    assert report.backup == str(tmp_path / "saved.tar") and Path(report.backup).exists()
    assert report.audit == "passed"
    assert [found.mart for found in report.differences] != []
    assert current_release_id(published) == before
    assert pipeline.publish(published).previous_release_id == before


def test_a_refused_candidate_ends_with_3_and_the_release_stays(published: Settings, stage: Stage) -> None:
    before = current_release_id(published)
    with Ledger(published.ledger_path) as ledger:
        ledger.withdraw(ledger.landings()[0].sha256, "landed by mistake")
    stage.checks = (check("critical", "failed", "no_negative_counts"),)
    result = invoke(published)
    assert result.exit_code == 3
    assert "refused: " in result.stderr and "readers still see the release before" in result.stdout
    assert current_release_id(published) == before


def test_a_damaged_release_is_said_before_anything_is_touched(published: Settings, tmp_path: Path) -> None:
    site = published.current_release / "site" / "index.html"
    site.write_text(site.read_text() + " ")
    with pytest.raises(CommunityMetricsError, match=r"the current release is damaged: .* - .*site/index.html - roll back"):
        upgrade(published, tmp_path / "saved.tar")
    assert not (tmp_path / "saved.tar").exists()


def test_a_home_of_a_newer_version_is_refused(published: Settings) -> None:
    with sqlite3.connect(published.ledger_path) as connection:
        connection.execute("pragma user_version = 99")
    result = invoke(published)
    assert result.exit_code == 1
    assert "a newer version wrote this home" in result.stderr and "`restore`" in result.stderr


def test_a_folder_that_is_no_home_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no home to upgrade"):
        plan_upgrade(load_settings(tmp_path / "nothing", environ={}))
