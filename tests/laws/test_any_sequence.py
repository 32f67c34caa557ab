"""Whatever happens to a home, in whatever order: the marts are those of one full rebuild of what has landed.

A state machine: rules only make news (files, corrections, withdrawals, changed definitions, builds that die, releases), and
a run looks at what became of them. Every run is compared with the second implementation, the last one also with a rebuild.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from community_metrics import pipeline
from community_metrics.settings import PROJECT_ROOT, Settings
from community_metrics.warehouse import build as warehouse_build
from support.histories.comparison import differences
from support.histories.files import ExportFile, Style, export_file
from support.histories.generator import DEFINITIONS, generate_history, restated
from support.histories.pipeline_home import PipelineHome, write_retentions
from support.naive.calendar import business_date
from support.naive.marts import GRAINS, naive_marts
from support.naive.records import Event, Record

randoms = st.integers(min_value=0, max_value=2**32 - 1).map(Random)
EVENT_TYPES = PROJECT_ROOT / "dbt_project" / "seeds" / "event_types.csv"


class Died(BaseException):
    """What a killed process would not even have raised."""


class Home(RuleBasedStateMachine):
    """One home and what has happened to it; `landed` in the order of landing, `news` what no run has looked at yet."""

    folder: Path

    @initialize(seed=st.integers(min_value=0, max_value=2**32 - 1))
    def begin(self, seed: int) -> None:
        """Two thirds of a history, built and released, so that everything after it is an increment."""
        self.history = generate_history(seed, timezone="Asia/Shanghai")
        self.rules = self.history.rules
        self.waiting = list(self.history.files)
        self.landed: list[tuple[int, ExportFile]] = []
        self.count = 0
        self.log: list[str] = []
        self.home = PipelineHome(fresh_home(self.folder / "home"), self.rules)
        for _ in range(len(self.waiting) * 2 // 3):
            self._take(self.waiting.pop(0))
        self.home.land(file for _, file in self.landed)
        self.run()
        self.home.publish()

    @precondition(lambda self: self.waiting)
    @rule(random=randoms)
    def a_file_arrives(self, random: Random) -> None:
        file = self.waiting.pop(random.randrange(len(self.waiting)))
        self._take(file)
        self.home.land([file])

    @rule(random=randoms)
    def rows_are_restated_or_retracted(self, random: Random) -> None:
        """Later words on rows of one source: moved, changed, deleted, linked, unlinked; people become staff and members again."""
        source = random.choice(sorted({file.source for _, file in self.landed}))
        rows = [row for _, file in self.landed if file.source == source for row in file.rows if has_identity(row)]
        if rows:
            moment = datetime(2026, 11, random.randint(1, 28), random.randint(0, 23), tzinfo=UTC)
            self._news(source, [restated(random, row, moment) for row in random.sample(rows, min(len(rows), 6))])

    @rule(random=randoms)
    def a_day_becomes_empty(self, random: Random) -> None:
        events = [row for _, file in self.landed for row in file.rows if isinstance(row, Event) and has_identity(row)]
        if events:
            day = business_date(random.choice(events).occurred_at, self.rules.timezone)
            moment = datetime(2026, 12, 1, tzinfo=UTC) + timedelta(seconds=self.count)
            gone = [row for row in events if business_date(row.occurred_at, self.rules.timezone) == day]
            self._news("events", [replace(row, updated_at=moment, is_deleted=True) for row in gone])

    @precondition(lambda self: len(self.landed) > 8)
    @rule(random=randoms)
    def a_file_is_withdrawn(self, random: Random) -> None:
        order, file = self.landed.pop(random.randrange(len(self.landed)))
        self.log.append(f"withdrew {file.name}")
        self.home.withdraw(file)
        del order

    @rule(random=randoms)
    def a_definition_changes(self, random: Random) -> None:
        definitions = self.home.settings.definitions
        if random.random() < 0.5:
            self.rules = replace(self.rules, definitions=tuple(random.sample(DEFINITIONS, random.randint(2, len(DEFINITIONS)))))
            write_retentions(definitions / "retention_definitions.csv", self.rules.definitions)
        else:
            silent = random.choice(("reaction", "reply", "none"))
            text = EVENT_TYPES.read_text(encoding="utf-8")
            text = "".join(line.replace(",true,", ",false,") if line.startswith(silent) else line for line in text.splitlines(True))
            (definitions / "event_types.csv").write_text(text, encoding="utf-8")
            every = self.history.rules
            self.rules = replace(self.rules, activity_types=every.activity_types - {silent}, message_types=every.message_types - {silent})
        self.log.append("changed a definition")

    @rule()
    def a_release_is_published(self) -> None:
        if self.is_built:
            self.log.append("published")
            self.home.publish()

    @rule(marts_too=st.booleans())
    def a_build_dies(self, marts_too: bool) -> None:
        self.log.append("a build died")
        self.is_built = False
        with dying(marts_too), pytest.raises(Died):
            pipeline.build(self.home.settings)

    @rule(full_refresh=st.sampled_from((False, False, False, True)))
    def run(self, full_refresh: bool = False) -> None:
        self.log.append("full run" if full_refresh else "run")
        self.home.build(full_refresh)
        self.is_built = True
        landings = [file.landing(order) for order, file in self.landed]
        lines = [
            line
            for mart, expected in naive_marts(landings, self.rules).items()
            for line in differences(mart, expected, self.home.rows(mart, GRAINS[mart]))
        ]
        assert not lines, f"{self.history} {self.log}: {len(lines)} differences\n" + "\n".join(lines[:30])

    def teardown(self) -> None:
        """A rebuild in a home that has seen nothing but what is in force now."""
        self.run()
        found = self.home.every_row()
        definitions = self.home.settings.definitions
        with kept(self.folder / "definitions", definitions):
            again = PipelineHome(fresh_home(self.folder / "home"), self.rules)
            shutil.copytree(self.folder / "definitions", again.settings.definitions, dirs_exist_ok=True)
        again.land(file for _, file in sorted(self.landed, key=lambda pair: pair[0]))
        again.build()
        for mart, lines in again.every_row().items():
            only = sorted(set(lines) ^ set(found[mart]))
            assert lines == found[mart], f"{self.history} {self.log}: {mart}: {len(only)} rows differ, such as {only[:6]}"

    is_built = True

    def _news(self, source: str, rows: list[Record]) -> None:
        self.count += 1
        file = export_file(f"news-{self.count}", source, rows, Style(), datetime(2026, 11, 20, self.count % 24, tzinfo=UTC))
        self._take(file)
        self.home.land([file])

    def _take(self, file: ExportFile) -> None:
        self.log.append(f"landed {file.name}")
        self.landed.append((len(self.log), file))


def has_identity(row: Record) -> bool:
    return not (isinstance(row, Event) and row.event_id is None)


def fresh_home(path: Path) -> Settings:
    """An empty home in this place. What dbt has parsed stays: it is the same for every home in one place."""
    for found in path.glob("*"):
        if found.name != "warehouse":
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    for found in (path / "warehouse").glob("*"):
        if found.name != "dbt":
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    return Settings(home=path)


@contextmanager
def kept(copy: Path, folder: Path) -> Iterator[None]:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    yield
    shutil.rmtree(copy)


@contextmanager
def dying(marts_too: bool) -> Iterator[None]:
    """A build that dies before it is finished: after the intermediates, or after everything but its last word."""
    run_dbt = warehouse_build.run_dbt

    def dies(home: Settings, seeds: Path, arguments: list[str], *others: Any) -> None:
        run_dbt(home, seeds, [*arguments, *([] if marts_too else ["--exclude", "path:models/marts"])], *others)
        raise Died

    with mock.patch.object(warehouse_build, "run_dbt", dies):
        yield


def check(folder: Path, **profile: Any) -> None:
    class InFolder(Home):
        pass

    InFolder.folder = folder
    run_state_machine_as_test(
        InFolder,
        settings=settings(
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
            **profile,
        ),
    )


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "the same in every test")
    path = Path(tempfile.mkdtemp())
    yield path
    shutil.rmtree(path)


def test_a_short_sequence(folder: Path) -> None:
    check(folder, max_examples=1, stateful_step_count=4)


@pytest.mark.laws
def test_long_sequences(folder: Path) -> None:
    check(folder, max_examples=12, stateful_step_count=25)
