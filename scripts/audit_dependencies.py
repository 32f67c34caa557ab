"""Asks the package index for known vulnerabilities of everything in the locks: what `make audit-dependencies` does.

Exit 0: all packages were asked about, none is known to be vulnerable, or only as accepted. 1: something is. 2: nobody could be asked
(an index without advisories, no network): nothing is known, and that is said. Accepted advisories stand in
`accepted-advisories.txt`: `ID DATE reason`, each until its date. Standard library only; pip-audit stands in an environment of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import bootstrap

AUDIT_VENV = bootstrap.ROOT / "build" / "audit"
AUDIT_LOCK = bootstrap.ROOT / "requirements-audit.txt"
ACCEPTED = bootstrap.ROOT / "accepted-advisories.txt"
LOCKS = (bootstrap.LOCK, bootstrap.BOOTSTRAP_LOCK, bootstrap.SUPERSET_LOCK)


@dataclass(frozen=True)
class Advisory:
    """One known vulnerability of one package as it is locked; `fixed_in`: versions without it."""

    id: str
    package: str
    version: str
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        remedy = f"mended in {', '.join(self.fixed_in)}: `make lock`" if self.fixed_in else "no mended version yet"
        return f"{self.id} - {self.package} {self.version} - {remedy}, or accept it in {ACCEPTED.name}"


@dataclass(frozen=True)
class Findings:
    """`asked`: packages that the index knows advisories of or says to have none; `unknown`: those that it could not tell about."""

    asked: int
    unknown: tuple[str, ...]
    advisories: tuple[Advisory, ...]


def main() -> int:
    try:
        tool = install()
        accepted = read_accepted(ACCEPTED.read_text(encoding="utf-8"), datetime.now(UTC).date())
        found = [ask(tool, lock) for lock in LOCKS]
    except bootstrap.SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return report(found, accepted)


def install() -> Path:
    """pip-audit from its lock, in an environment of its own."""
    tool = AUDIT_VENV / "bin" / "pip-audit"

    def sync() -> None:
        uv = str(bootstrap.bootstrap_uv())
        environment = bootstrap.registry_environment() | {"VIRTUAL_ENV": str(AUDIT_VENV)}
        remedy = "check that pip reaches a package registry (`pip config list`)"
        bootstrap.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(AUDIT_VENV)], remedy, environment)
        bootstrap.run([uv, "pip", "sync", "--quiet", "--require-hashes", str(AUDIT_LOCK)], remedy, environment)

    bootstrap.once(AUDIT_VENV / ".stamp", bootstrap.fingerprint(AUDIT_LOCK), tool, "installing pip-audit", sync)
    return tool


def ask(tool: Path, lock: Path) -> Findings | None:
    """What the index says of one lock; None where it could not be asked."""
    command = [str(tool), "--requirement", str(lock), "--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return read_answer(json.loads(answer.stdout))
    except (json.JSONDecodeError, KeyError, TypeError):
        print(f"pip-audit: {answer.stderr.strip().splitlines()[-1] if answer.stderr.strip() else 'no answer'}", file=sys.stderr)
        return None


def read_answer(answer: Mapping[str, Any]) -> Findings:
    """pip-audit's JSON, as of its version 2."""
    unknown, advisories, asked = [], [], 0
    for package in answer["dependencies"]:
        if "skip_reason" in package:
            unknown.append(package["name"])
            continue
        asked += 1
        for found in package["vulns"]:
            advisories.append(Advisory(found["id"], package["name"], package["version"], tuple(found["fix_versions"])))
    return Findings(asked, tuple(unknown), tuple(advisories))


def read_accepted(text: str, today: date) -> frozenset[str]:
    """The ids that are accepted today. Raises `SetupError` naming the line that cannot be read."""
    accepted = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(maxsplit=2)
        try:
            until = date.fromisoformat(words[1])
            reason = words[2]
        except (IndexError, ValueError) as error:
            raise bootstrap.SetupError("not `ID DATE reason`", f"{ACCEPTED.name} line {number}", "say until when and why") from error
        if until >= today and reason:
            accepted.add(words[0])
    return frozenset(accepted)


def report(found: Sequence[Findings | None], accepted: Iterable[str]) -> int:
    """Print what is known, and give the exit code."""
    known = [findings for findings in found if findings is not None]
    asked = sum(findings.asked for findings in known)
    advisories = [advisory for findings in known for advisory in findings.advisories if advisory.id not in set(accepted)]
    for advisory in advisories:
        print(f"vulnerable: {advisory}", file=sys.stderr)
    if advisories:
        return 1
    unknown = [name for findings in known for name in findings.unknown]
    if len(known) < len(found) or asked == 0 or unknown:
        what = f"{len(unknown)} packages" if unknown and asked else "the locks"
        told = "the package index tells no advisories - run this where the public index can be reached"
        print(f"not audited: {what} - {told}", file=sys.stderr)
        return 2
    print(f"{asked} packages, none with a known vulnerability that is not accepted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
