"""What platforms count of themselves, through the real pipeline: every step is what plain loops over lines, stays and messages say."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings

from community_metrics import pipeline
from community_metrics.landing.inbox import land_files
from community_metrics.settings import Settings
from laws.test_marts_equal_naive import PROFILE, fresh_home, seeds
from support.histories.comparison import differences
from support.histories.files import ExportFile
from support.histories.pipeline_home import PipelineHome
from support.histories.platform_figures import generate_platform_history
from support.naive.reconciliation import GRAIN, reconcile
from support.naive.records import Rules

RULES = Rules("Asia/Shanghai", 0, frozenset({"message", "reaction"}), frozenset({"message"}), ())
REASONS = {"quarantined", "other_lines", "superseded", "not_successful", "duplicates", "staff", "bot", "test"}
REASONS |= {"merged_identities", "late", "not_covered", "unexplained"}


def land(built: PipelineHome, files: list[ExportFile]) -> None:
    """Rows that nobody can use are part of these files: they are put aside, and nothing is held."""
    drop = built.settings.home / "drop"
    drop.mkdir(exist_ok=True)
    for file in files:
        path = drop / file.name
        path.write_bytes(file.content)
        (result,) = land_files(
            built.settings, [path], source=file.source, account=file.account, period=file.period, snapshot_at=file.snapshot_at
        )
        assert result.outcome == "landed", result
    report = pipeline.ingest(built.settings)
    assert {found.status for found in report.files} <= {"ingested"}, [found for found in report.files if found.status != "ingested"]


def check(home: Settings, seed: int, in_parts: bool = False) -> set[str]:
    history = generate_platform_history(seed)
    files = history.files()
    Random(seed).shuffle(files)
    expected = reconcile(history)
    with fresh_home(replace(home, home=home.home / str(seed)), RULES) as built:
        for part in (files[: len(files) // 2], files[len(files) // 2 :]) if in_parts else (files,):
            land(built, part)
            built.build()
            built.publish()
        lines = differences("mart_reconciliation", expected, built.rows("mart_reconciliation", GRAIN))
    assert not lines, f"seed {seed}: {len(lines)} differences\n" + "\n".join(lines[:30])
    return {key[-1] for key, row in expected.items() if row["change"]}


def test_every_step_of_generated_platforms(home: Settings) -> None:
    """Two histories, one of them in two runs, in which every reason is the reason of something."""
    found = check(home, 1) | check(home, 4, in_parts=True)
    assert found == REASONS


@pytest.mark.laws
@settings(max_examples=25, **PROFILE)
@given(seed=seeds.filter(lambda seed: seed > 4))
def test_every_step_of_many_generated_platforms(home: Settings, seed: int) -> None:
    check(home, seed, in_parts=seed % 2 == 0)
