"""A bench for mutations: a copy of the project, and homes that are landed once.

A mutated model is built on a warehouse that the sound project has built: the model and all below it, or, for `increment`,
the whole day's work on a home to which news have come. Everything else is a run of pytest in the copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from community_metrics.errors import CommunityMetricsError
from community_metrics.landing.ledger import Ledger
from community_metrics.settings import PROJECT_ROOT
from community_metrics.warehouse import control, dbt
from community_metrics.warehouse.definitions import assemble_seeds
from mutations.catalogue import Mutation, StaleError
from support.naive.activity import Mart
from support.traps import Traps

BUILD = ("build", "--exclude-resource-type", "unit_test", "--no-write-json")
# What the build says of a step that could not be run. That text is no SQL, or of another type, no test has to notice.
NOT_RUN = " (error): "


@dataclass(frozen=True)
class Verdict:
    """`killed`, `survived` or `stale`; `detail` says by what, or what stands instead."""

    outcome: str
    seconds: float
    detail: str = ""


class Bench:
    """The copy at `folder`, prepared as far as a mutation needs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "project"
        self._homes: dict[str, tuple[Traps, dict[str, Mart]]] = {}
        os.environ["COMMUNITY_METRICS_ID_KEY"] = "the same in every test"
        _copy_project(self.root)

    def verdict(self, mutation: Mutation) -> Verdict:
        for kind in {"rebuild", "increment"} & set(mutation.tests):
            self._home(kind)
        started = time.monotonic()
        try:
            with self._applied(mutation):
                detail = next((found for test in mutation.tests if (found := self._found(test, mutation))), "")
        except StaleError as stale:
            return Verdict("stale", time.monotonic() - started, str(stale)[:160])
        return Verdict("killed" if detail else "survived", time.monotonic() - started, detail[:160])

    def _found(self, test: str, mutation: Mutation) -> str:
        """What a test finds wrong; nothing if it stays green."""
        if test not in ("rebuild", "increment"):
            return self._pytest(test)
        traps, expected = self._home(test)
        shutil.copyfile(_kept(traps), traps.home.settings.warehouse_path)
        selection: Sequence[str] = ()
        if test == "rebuild":
            path = Path(mutation.file)
            selection = ("--full-refresh", *(("--select", f"{path.stem}+") if "models" in path.parts else ()))
        try:
            self._dbt(traps, selection)
        except CommunityMetricsError as error:
            _require_run(str(error))
            return f"{test}: {error}"
        wrong = traps.differences(expected)
        return f"{test}: {len(wrong)} differences, {wrong[0]}" if wrong else ""

    def _home(self, kind: str) -> tuple[Traps, dict[str, Mart]]:
        """The landed and built home of a kind, by the sound project."""
        if kind not in self._homes:
            traps = Traps(self.folder / kind)
            traps.land_history()
            self._build(traps)
            if kind == "increment":
                traps.home.publish()
                traps.land_news()
                with control.open_warehouse(traps.home.settings) as connection, Ledger(traps.home.settings.ledger_path) as ledger:
                    control.prepare(traps.home.settings, ledger, connection)
            shutil.copyfile(traps.home.settings.warehouse_path, _kept(traps))
            expected = traps.expected()
            self._homes[kind] = (traps, expected)
            self._dbt(traps, () if kind == "increment" else ("--full-refresh",))
            wrong = traps.differences(expected)
            assert not wrong, f"the sound project is wrong: {wrong[:3]}"
        return self._homes[kind]

    def _build(self, traps: Traps) -> None:
        with mock.patch.object(dbt, "PROJECT", self.root / "dbt_project"):
            traps.home.build()

    def _dbt(self, traps: Traps, selection: Sequence[str]) -> None:
        settings = traps.home.settings
        # Anew each time: dbt writes what it made of a seed over a seed outside its project.
        seeds = assemble_seeds(settings, settings.warehouse / "definitions")
        with mock.patch.object(dbt, "PROJECT", self.root / "dbt_project"):
            dbt.run_dbt(settings, seeds, [*BUILD, *selection])

    def _pytest(self, test: str) -> str:
        # The copy's own package first, not the installed one.
        path = os.pathsep.join(str(self.root / name) for name in ("plugins", "dags", "tests", "."))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", test]
        done = subprocess.run(
            command, cwd=self.root, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=600, check=False
        )
        # Anything but green and red (no such test, a collection that fails for want of a file) shows nothing.
        if done.returncode not in (0, 1):
            raise StaleError(f"{test}: {(done.stdout + done.stderr).strip().splitlines()[-1:]}")
        if done.returncode == 0:
            return ""
        told = done.stdout.splitlines()
        _require_run(next((line for line in told if NOT_RUN in line), ""))
        return next((line for line in told if line.startswith("FAILED")), "red")

    @contextmanager
    def _applied(self, mutation: Mutation) -> Iterator[None]:
        path = self.root / mutation.file
        sound = path.read_bytes() if path.exists() else None
        try:
            mutation.apply(self.root)
            yield
        finally:
            if sound is not None:
                path.write_bytes(sound)


def _require_run(told: str) -> None:
    if NOT_RUN in told:
        raise StaleError(f"no mistake but a text that does not run: {told}")


def _kept(traps: Traps) -> Path:
    return traps.home.settings.warehouse / "before.duckdb"


def _copy_project(target: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=PROJECT_ROOT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        source = PROJECT_ROOT / name
        if name and source.is_file() and not name.startswith(".venv"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / name)
