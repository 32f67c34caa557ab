"""One small story of one community, and the pages of `docs/` that declare definitions for it.

All of it literal, local time of Shanghai. 20 September 2026 is a Sunday. Ann, Bea, Dan, Eve, Fay, Gus and Hal
(who has two ids, a phone and a desk) join on 25 August, Cem on 22 September. Gus leaves on 10 September; Fay on the 23rd, and is
back on the 25th.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from click.testing import CliRunner

from community_metrics.cli import main
from community_metrics.settings import PROJECT_ROOT

BLOCK = re.compile(r"^```(?P<kind>\w+)(?: append=(?P<name>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
UNTIL = "2026-09-27"

# member, local time, what, and how often at that moment.
HAPPENED = (
    ("bea", "2026-08-25 12:00:00", "message", 1),
    ("fay", "2026-08-26 12:00:00", "message", 1),
    ("bea", "2026-09-08 09:00:00", "check_in", 1),
    ("gus", "2026-09-08 09:00:00", "check_in", 1),
    ("bea", "2026-09-09 09:00:00", "message", 2),
    ("gus", "2026-09-09 09:00:00", "message", 1),
    ("ann", "2026-09-20 12:00:00", "message", 1),
    # The last second of the 20th in Shanghai and the first of the 21st: both are the 20th in UTC.
    ("ann", "2026-09-20 23:59:59", "message", 1),
    ("ann", "2026-09-21 00:00:00", "message", 1),
    ("hal-phone", "2026-09-20 12:00:00", "message", 1),
    ("hal-desk", "2026-09-20 18:00:00", "message", 1),
    ("cem", "2026-09-22 12:00:00", "message", 1),
    ("ann", "2026-09-24 12:00:00", "message", 2),
    ("eve", "2026-09-24 23:30:00", "message", 1),
)
JOINED = "2026-08-25 10:00:00"
STAYS = (
    *((member, JOINED, "") for member in ("ann", "bea", "dan", "eve", "hal-phone", "hal-desk")),
    ("gus", JOINED, "2026-09-10 15:00:00"),
    ("cem", "2026-09-22 10:00:00", ""),
    ("fay", JOINED, "2026-09-23 12:00:00"),
    ("fay", "2026-09-25 12:00:00", ""),
)


@dataclass(frozen=True)
class Page:
    """A page of `docs/`: the rows it appends to definition files, by file, its commands and its queries, in its order."""

    rows: dict[str, str]
    commands: list[str]
    queries: list[str]


def read_page(name: str) -> Page:
    blocks = list(BLOCK.finditer((PROJECT_ROOT / "docs" / name).read_text(encoding="utf-8")))
    return Page(
        rows={match["name"]: match["text"] for match in blocks if match["name"]},
        commands=[
            line[2:] for match in blocks if match["kind"] == "console" for line in match["text"].splitlines() if line.startswith("$ ")
        ],
        queries=[match["text"] for match in blocks if match["kind"] == "sql"],
    )


PAGES = {name: read_page(name) for name in ("adding-a-segment.md", "adding-a-retention.md")}


class Story:
    """The home of the story."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def type_in(self, command: str) -> str:
        """What a page says is typed in; returns what it prints. The folder stands for the checkout."""
        program, *words = shlex.split(command)
        match program:
            case "mkdir":
                (self.folder / words[-1]).mkdir(parents=True, exist_ok=True)
            case "cp":
                for name in words[:-1]:
                    target = self.folder / words[-1] / Path(name).name
                    # Both pages copy; the second must not undo what the first has added.
                    if not target.exists():
                        shutil.copyfile(PROJECT_ROOT / name, target)
            case "export":
                name, _, value = words[0].partition("=")
                os.environ[name] = str(self.folder / value)
            case "community-metrics":
                result = CliRunner().invoke(main, words)
                assert result.exit_code == 0, result.output
                return result.output
            case _:
                raise AssertionError(f"nobody knows how to do {command!r} here")
        return ""

    def land(self, source: str, header: str, rows: list[tuple[Any, ...]], number: int = 1) -> None:
        path = self.folder / f"{source}-{number}.csv"
        path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
        self.type_in(f"community-metrics land {path} --source {source} --period {UNTIL}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "var" / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()
