"""A home in one file, and back: `backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

import click

from community_metrics.cli.common import common_options, progress, settings, show


@click.command()
@common_options
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--without-releases", is_flag=True, help="Leave out the published releases: the next run makes one anew.")
def backup(target: Path, without_releases: bool) -> None:
    """Write the home into one tar FILE (packed when it ends with .gz): all but what the next build makes."""
    from community_metrics.backups import back_up

    with progress("backup"):
        report = back_up(settings(), target, with_releases=not without_releases)
    show(report.to_dict(), [f"saved {report.files} files, {report.size:,} bytes to {report.path}"])


@click.command()
@common_options
@click.argument("archive", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(archive: Path) -> None:
    """Make an empty home from a backup FILE; every file is compared with the sha256 that it was saved with."""
    from community_metrics import backups

    with progress("restore"):
        report = backups.restore(archive, settings())
    show(report.to_dict(), [f"restored {report.files} files, {report.size:,} bytes of {report.created_at} to {settings().home}"])
