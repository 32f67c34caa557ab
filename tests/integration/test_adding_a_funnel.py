"""`docs/adding-a-funnel.md`, done as it says: its files written, its commands typed, its answer read off the mart."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from community_metrics.cli import main
from community_metrics.settings import PROJECT_ROOT
from support.doc_pages import BLOCK, commands_of

PAGE = PROJECT_ROOT / "docs" / "adding-a-funnel.md"


def test_the_page_works_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, query, done = tmp_path / "var", "", []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(home))
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "a key")
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        kind, verb, name, text = block["kind"], block["verb"], block["name"], block["text"]
        if verb == "file":
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif verb == "append":
            with (home / "definitions" / name).open("a", encoding="utf-8") as handle:
                handle.write(text)
        elif kind == "console":
            for command, expected in commands_of(text):
                output = do(command, tmp_path, monkeypatch)
                for line in expected:
                    assert line in output, f"after {command!r}, expected {line!r} in:\n{output}"
        elif kind == "sql":
            query = text
        elif kind == "text":
            done.append(name)
            with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
                rows = connection.execute(query).fetchall()
            shown = "".join(" | ".join("NULL" if value is None else str(value) for value in row) + "\n" for row in rows)
            assert shown == text
    assert len(done) == 1


def do(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Type the command; a source in the checkout is meant where the page copies one."""
    program, *arguments = shlex.split(command)
    if program == "mkdir":
        (folder / arguments[-1]).mkdir(parents=True, exist_ok=True)
    elif program == "cp":
        *sources, target = arguments
        for source in sources:
            shutil.copy(PROJECT_ROOT / source, folder / target)
    elif program == "export":
        monkeypatch.setenv(*arguments[0].split("="))
    else:
        assert program == "community-metrics", command
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, f"{command}: {result.output}"
        return result.output
    return ""
