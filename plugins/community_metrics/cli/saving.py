"""A home in one file, and back, and up to a new version: `backup`, `restore`, `upgrade`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from community_metrics.cli.common import common_options, finish, progress, settings, show

if TYPE_CHECKING:
    from community_metrics.upgrading import UpgradePlan, UpgradeReport


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


@click.command()
@common_options
@click.option("--check", is_flag=True, help="Only say what would be done.")
@click.option("--backup", "backup_file", metavar="FILE", type=click.Path(path_type=Path), help="Save the home to FILE before anything.")
def upgrade(check: bool, backup_file: Path | None) -> None:
    """Bring a home that an older version wrote up to this one, up to an audited candidate; `publish` shows it."""
    from community_metrics import upgrading

    if check:
        plan = upgrading.plan_upgrade(settings())
        show(plan.to_dict(), _plan_lines(plan))
        return
    with progress("upgrade"):
        report = upgrading.upgrade(settings(), backup_file)
    for reason in report.reasons:
        click.echo(f"refused: {reason}", err=True)
    show(report.to_dict(), _upgrade_lines(report))
    finish(report.exit_code)


def _plan_lines(plan: UpgradePlan) -> list[str]:
    lines = [f"home: {plan.written_by or 'no release yet'} - program: {plan.program}"]
    if plan.ledger_schema != plan.program_schema:
        lines.append(f"ledger: schema {plan.ledger_schema} becomes {plan.program_schema}")
    if plan.reread:
        because = ", ".join([*(f"the lake's {name.replace('_', ' ')}" for name in plan.lake_changes), *plan.template_changes])
        lines.append(f"lake: {plan.reread} files are read anew, because of {because}")
    if plan.rebuild:
        lines.append("warehouse: all tables are made anew")
    return lines if plan.is_needed else [*lines, "nothing to upgrade"]


def _upgrade_lines(report: UpgradeReport) -> list[str]:
    lines = _plan_lines(report.plan)
    if report.backup:
        lines.append(f"the home as it was is in {report.backup}")
    if report.audit == "nothing_new":
        return lines
    for found in report.differences:
        if found.published_rows is None:
            lines.append(f"{found.mart}: new, {found.rebuilt_rows} rows")
        elif found.rebuilt_rows is None:
            lines.append(f"{found.mart}: gone, {found.published_rows} rows are published")
        else:
            lines.append(f"{found.mart}: not the same, {found.published_rows} rows published, {found.rebuilt_rows} now")
    following = "`community-metrics publish` shows it" if report.audit == "passed" else "readers still see the release before"
    return [*lines, f"{report.files} files read, candidate {report.audit}; {following}"]
