"""What has landed: `land`, `ledger` and `quarantine`."""

from __future__ import annotations

from pathlib import Path

import click

from community_metrics.cli.common import common_options

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@common_options
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--source", help="What the files hold; without it the template's signature decides.")
@click.option("--account", help="The account that the files are about.")
@click.option("--period", metavar="DATE", help="The business date that the files complete.")
@click.option("--snapshot-at", metavar="INSTANT", help="When the platform showed this; without it the moment of landing.")
def land(files: tuple[Path, ...], source: str | None, account: str | None, period: str | None, snapshot_at: str | None) -> None:
    """Store files as received and record them."""
    raise NotImplementedError


@click.group(invoke_without_command=True)
@common_options
def ledger() -> None:
    """What has landed, and what became of it."""


@click.group(invoke_without_command=True)
@common_options
def quarantine() -> None:
    """The rows that were not taken, and why."""
