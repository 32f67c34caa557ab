"""The mutations: mistakes that shipped somewhere, as replacements of text in the project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Mutation:
    """`mistake`: its number in the list of mistakes. `find` must stand exactly once in `file`, `also` the same in other files.

    `tests`: `rebuild` and `increment` (generated history, whole or piece by piece, beside the second implementation), or paths
    of tests.
    """

    name: str
    mistake: int
    file: str
    find: str
    replace: str
    tests: tuple[str, ...] = ("rebuild",)

    def apply(self, root: Path) -> None:
        """Write it into the project at `root`. Raises `StaleError` when the text it replaces is not there exactly once."""
        path = root / self.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if text.count(self.find) != 1 or self.find == self.replace:
            raise StaleError(f"{self.file} has the text {text.count(self.find)} times")
        path.write_text(text.replace(self.find, self.replace), encoding="utf-8")


class StaleError(Exception):
    """The project has changed: the mutation has to be written anew."""


def read_mutations(folder: Path = FOLDER) -> list[Mutation]:
    found = [_mutation(entry) for path in sorted(folder.glob("*.yml")) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]
    names = [mutation.name for mutation in found]
    assert len(set(names)) == len(names), "two mutations of one name"
    return found


def _mutation(entry: dict[str, Any]) -> Mutation:
    tests = entry.pop("tests", ["rebuild"])
    return Mutation(**entry, tests=tuple([tests] if isinstance(tests, str) else tests))


def mistakes_without(mutations: Iterable[Mutation]) -> list[int]:
    """The numbers of the list that no mutation introduces."""
    return sorted(set(range(1, 26)) - {mutation.mistake for mutation in mutations})
