"""The blocks of a page of `docs/` that a test does as they say: files to write or to change, commands with what they print."""

from __future__ import annotations

import re

BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<verb>file|append|edit)=(?P<name>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def commands_of(text: str) -> list[tuple[str, list[str]]]:
    """Each command with the lines that it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip():
            found[-1][1].append(line.strip())
    return found
