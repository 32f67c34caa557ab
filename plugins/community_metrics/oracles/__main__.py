"""`python -m community_metrics.oracles DIR`: one line per case, then the counts; exit 1 if a case failed."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

import click

from community_metrics.errors import CommunityMetricsError
from community_metrics.oracles.cases import load_cases
from community_metrics.oracles.running import run_cases
from community_metrics.settings import load_settings


@click.command(help=__doc__)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--keep", metavar="HOME", type=click.Path(path_type=Path, file_okay=False), help="Keep the runs' homes in this new folder.")
def main(folder: Path, keep: Path | None) -> None:
    try:
        cases = load_cases(folder)
        with tempfile.TemporaryDirectory(prefix="oracles-") as temporary:
            workplace = keep or Path(temporary)
            verdicts = run_cases(cases, load_settings(home=workplace), workplace)
    except CommunityMetricsError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    for verdict in verdicts:
        detail = f" - {verdict.detail}" if verdict.detail else ""
        print(f"{verdict.outcome}: {verdict.file} {verdict.name}{detail}")
    counts = Counter(verdict.outcome for verdict in verdicts)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['not supported']} not supported")
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
