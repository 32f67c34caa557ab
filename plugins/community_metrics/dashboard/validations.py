"""What the page of validation results tells: the rule of each check and what it found, by gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PAGE = "validations"
# Half a hundred ingests between two releases are a backfill; the tables about runs have all of them.
LANDINGS_SHOWN = 50

Words = Mapping[str, str]


@dataclass(frozen=True)
class ValidatedCheck:
    """One check. `rule`: the SQL that selects what breaks it, or the expectation and its arguments; '' where none is written down."""

    suite: str
    name: str
    severity: str
    status: str
    meaning: Words
    rule: str
    observed: str
    expected: str

    @property
    def anchor(self) -> str:
        return f"{self.suite}.{self.name}"

    @property
    def is_noted(self) -> bool:
        return self.status in ("failed", "broken")


@dataclass(frozen=True)
class ValidatedSuite:
    """The checks of one mart, those that did not pass first."""

    name: str
    meaning: Words
    checks: Sequence[ValidatedCheck]

    @property
    def noted(self) -> int:
        return sum(check.is_noted for check in self.checks)


@dataclass(frozen=True)
class ValidatedLandings:
    """One look of the gate of the sources: how many checks, how many passed, and the others."""

    at: str
    checks: int
    passed: int
    noted: Sequence[ValidatedCheck]


@dataclass(frozen=True)
class Validations:
    """All that the page shows; suites with something to note first."""

    suites: Sequence[ValidatedSuite] = ()
    landings: Sequence[ValidatedLandings] = ()

    @property
    def anchors(self) -> frozenset[str]:
        return frozenset(check.anchor for suite in self.suites for check in suite.checks)
