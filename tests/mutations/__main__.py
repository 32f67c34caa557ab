"""Introduces each mistake into a copy of the project and looks whether a test turns red: `python -m mutations`.

Exit 1 if a mistake survives, or if one no longer fits the project.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from mutations.catalogue import mistakes_without, read_mutations
from mutations.running import Bench


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m mutations", description="Which mistakes do the tests catch?")
    parser.add_argument("--only", default="", help="part of a name")
    parser.add_argument("--mistake", type=int, help="number in the list of mistakes")
    arguments = parser.parse_args()
    every = read_mutations()
    chosen = [m for m in every if arguments.only in m.name and arguments.mistake in (None, m.mistake)]
    outcomes: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for mutation in chosen:
            verdict = bench.verdict(mutation)
            outcomes.setdefault(verdict.outcome, []).append(mutation.name)
            print(f"{mutation.mistake:>2}  {verdict.outcome:<8} {verdict.seconds:6.1f} s  {mutation.name}  {verdict.detail}", flush=True)
    print(", ".join(f"{len(names)} {outcome}" for outcome, names in sorted(outcomes.items())))
    missing = mistakes_without(every)
    if missing:
        print(f"no mutation of: {', '.join(map(str, missing))}", file=sys.stderr)
    return 1 if missing or outcomes.keys() - {"killed"} else 0


if __name__ == "__main__":
    sys.exit(main())
