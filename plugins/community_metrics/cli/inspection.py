"""Looking without touching: `digest`, `status` and `doctor`."""

from __future__ import annotations

from pathlib import Path

import click

from community_metrics.cli.common import common_options


@click.command()
@common_options
@click.option("--release", "release_id", metavar="ID", help="Another release than the current one.")
def digest(release_id: str | None) -> None:
    """One line per mart: name, rows, and the SHA-256 of its rows whatever their order."""
    raise NotImplementedError


@click.command()
@common_options
def status() -> None:
    """What has landed, is missing, late, held or refused, and what readers see."""
    raise NotImplementedError


@click.command()
@common_options
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def doctor(file: Path | None) -> None:
    """What is wrong with the set-up, or what FILE would be recognised as, and how to mend it."""
    raise NotImplementedError
