"""`docs/adding-a-metric.md`, done as it says on a copy of the project: files changed, commands typed, output seen."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from community_metrics.settings import PROJECT_ROOT
from support.doc_pages import BLOCK, commands_of

PAGE = PROJECT_ROOT / "docs" / "adding-a-metric.md"
PARTS = ("plugins", "dbt_project", "metrics", "expectations", "dashboards", "scripts", "docs")
# What the page types, as this test runs it.
COMMANDS = {"make docs": ["scripts/generate_docs.py"], "make mf": ["scripts/mf.py"], "community-metrics": ["-m", "community_metrics.cli"]}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project, to be changed. Only what is tracked or on its way to be."""
    for part in PARTS:
        shutil.copytree(PROJECT_ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "target", "logs", "*.egg-info"))
    charts = tmp_path / "dashboards" / "assets" / "vendor" / "echarts.min.js"
    charts.parent.mkdir(exist_ok=True)
    charts.touch()
    return tmp_path


def test_the_page_works_as_written(copy: Path) -> None:
    commands = 0
    for step in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if step["kind"] == "console":
            for command, expected in commands_of(step["text"]):
                commands += 1
                output = run(copy, command)
                for line in expected:
                    assert " ".join(line.split()) in " ".join(output.split()), f"after {command!r}, expected {line!r} in:\n{output}"
        elif step["kind"] == "diff":
            change(copy / step["name"], step["text"])
        elif step["verb"] == "append":
            with (copy / step["name"]).open("a", encoding="utf-8") as file:
                file.write(step["text"])
        elif step["verb"] == "file":
            (copy / step["name"]).write_text(step["text"], encoding="utf-8")
    assert commands == 5
    release = copy / "var" / "published" / "current"
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    passed = {f"{check['suite']}.{check['check']}" for check in manifest["checks"] if check["status"] == "passed"}
    assert "mart_activity_daily.messages_per_speaker_is_a_ratio" in passed
    assert 'id="messages_per_speaker"' in (release / "site" / "glossary.html").read_text(encoding="utf-8")
    assert '<a href="glossary.html#messages_per_speaker">' in (release / "site" / "activity.html").read_text(encoding="utf-8")


def run(copy: Path, command: str) -> str:
    words = shlex.split(command)
    name = next(name for name in COMMANDS if command.startswith(name))
    arguments = shlex.split(words[2].removeprefix("COMMAND=")) if name == "make mf" else words[len(name.split()) :]
    environment = {**os.environ, "PYTHONPATH": str(copy / "plugins"), "COMMUNITY_METRICS_HOME": str(copy / "var")}
    environment.pop("COMMUNITY_METRICS_DBT_DATABASE", None)
    ran = subprocess.run(
        [sys.executable, *COMMANDS[name], *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    return ran.stdout + ran.stderr


def change(path: Path, diff: str) -> None:
    """Apply a block of one place: its unchanged and removed lines, which must stand there, give way to unchanged and added ones."""
    before = "".join(line[1:] + "\n" for line in diff.splitlines() if line[0] in " -")
    after = "".join(line[1:] + "\n" for line in diff.splitlines() if line[0] in " +")
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
