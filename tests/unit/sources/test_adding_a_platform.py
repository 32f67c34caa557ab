"""`docs/adding-a-platform.md`, done as it says: its files written, its commands typed, its output seen."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from community_metrics.cli import main
from support.doc_pages import BLOCK, commands_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "adding-a-platform.md"


@dataclass(frozen=True)
class Step:
    """A file to write, a line of a file to change, or commands with what they print."""

    kind: str
    verb: str | None
    name: str | None
    text: str


STEPS = [Step(match["kind"], match["verb"], match["name"], match["text"]) for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def test_the_page_works_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "var"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(home))
    commands = 0
    for step in STEPS:
        if step.verb == "file":
            write(tmp_path, home, step)
        elif step.verb == "edit":
            change_line(home, step)
        elif step.kind == "console":
            for command, expected in commands_of(step.text):
                commands += 1
                output = CliRunner().invoke(main, shlex.split(command)[1:]).output
                for line in expected:
                    assert line in output, f"after {command!r}, expected {line!r} in:\n{output}"
    assert commands == 8


def write(folder: Path, home: Path, step: Step) -> None:
    assert step.name is not None
    path = (home if step.name.startswith("templates/") else folder) / step.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(step.text, encoding="utf-8")


def change_line(home: Path, step: Step) -> None:
    """Put the line in the place of the one that begins with the same key."""
    assert step.name is not None
    path = home / step.name
    key = step.text.partition(":")[0]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line.startswith(f"{key}:") for line in lines].count(True) == 1
    path.write_text("\n".join(step.text.rstrip() if line.startswith(f"{key}:") else line for line in lines) + "\n", encoding="utf-8")
