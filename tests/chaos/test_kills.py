"""`kill -9` of a run, at every step of a list and at any time: whoever comes next finishes what was begun."""

from __future__ import annotations

import os
import random
import subprocess

import pytest
from chaos_story import DAYS, Story
from exports import drop_day

pytestmark = pytest.mark.chaos

KILLS = int(os.environ.get("COMMUNITY_METRICS_CHAOS_KILLS", "5"))
SEED = int(os.environ.get("COMMUNITY_METRICS_CHAOS_SEED", "20261122"))

STEPS = [
    # Landing a file, and taking it from the inbox.
    ("community_metrics.landing.store:_put_in_place", 1, "before"),
    ("community_metrics.landing.store:_put_in_place", 1, "after"),
    ("community_metrics.landing.ledger:Ledger.land_together", 1, "after"),
    ("community_metrics.landing.inbox:_remove", 3, "before"),
    # The lake: a file without its name, with it, and on the disk, before the ledger knows of it and after.
    ("community_metrics.lake.files:ParquetFile.commit", 2, "before"),
    ("community_metrics.lake.files:ParquetFile.commit", 3, "after"),
    ("community_metrics.landing.ledger:Ledger.record_together", 2, "before"),
    ("community_metrics.landing.ledger:Ledger.record_together", 2, "after"),
    # The source gate: before it, and between its results and its verdict.
    ("community_metrics.audit.gates:gate_landings", 1, "before"),
    ("community_metrics.landing.ledger:Ledger.record_verdicts", 1, "before"),
    # The build: what dbt is told, in the middle of the models twice, its end.
    ("community_metrics.warehouse.control:write_state", 1, "after"),
    ("dbt.adapters.duckdb.connections:DuckDBConnectionManager.add_query", 60, "after"),
    ("dbt.adapters.duckdb.connections:DuckDBConnectionManager.add_query", 400, "before"),
    ("community_metrics.warehouse.control:settle_news", 1, "before"),
    # The audit: in the middle of the checks, and before its verdict is written.
    ("community_metrics.audit.validation:GateDatabase.validate", 6, "after"),
    ("community_metrics.audit.results:append_results", 1, "after"),
    # The release: the candidate's copy, its site, its name, the pointer, the books.
    ("community_metrics.releases.contents:write_marts", 1, "before"),
    ("community_metrics.releases.contents:write_marts", 1, "after"),
    ("community_metrics.releases.manifest:list_files", 1, "after"),
    ("community_metrics.releases.pointer:switch_to", 1, "before"),
    ("community_metrics.releases.pointer:switch_to", 1, "after"),
]


def test_a_run_killed_at_every_step_in_turn_ends_as_if_nothing_had_been(story: Story) -> None:
    """Each run takes up where the one before it was killed, and is killed at the next step."""
    home = story.begin_after(DAYS - 1)
    drop_day(home.settings.inbox, DAYS)
    with home.read_throughout():
        for at, call, when in STEPS:
            home.run_and_die(at, call, when)
        home.run()
    story.assert_as_undisturbed(DAYS)


def test_a_run_killed_while_it_closes_the_books_ends_as_if_nothing_had_been(story: Story) -> None:
    home = story.begin_after(DAYS - 1)
    drop_day(home.settings.inbox, DAYS)
    with home.read_throughout():
        home.run_and_die("community_metrics.landing.ledger:Ledger.record_publication", 1, "after")
        # What is left of the books is closed by a run that has nothing else to do.
        home.run_and_die("community_metrics.releases.restatement_ledger:_record", 1, "before")
        home.run()
    story.assert_as_undisturbed(DAYS)


def test_a_run_killed_at_random_times_while_exports_keep_coming_ends_as_if_nothing_had_been(story: Story) -> None:
    randomness = random.Random(SEED)
    home = story.begin_after(1)
    told = []
    with home.read_throughout():
        for kill in range(KILLS):
            if kill < DAYS - 1:
                drop_day(home.settings.inbox, 2 + kill)
            process = home.start("run")
            seconds = randomness.uniform(0.5, 1.1 * story.seconds[DAYS])
            told.append(f"{seconds:.1f} s")
            try:
                process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
        for day in range(KILLS, DAYS - 1):
            drop_day(home.settings.inbox, 2 + day)
        home.run()
    print("killed after", ", ".join(told))
    story.assert_as_undisturbed(DAYS)
