"""Taking a person out of everything: `erase`, and the audit record of it, `erasures`."""

from __future__ import annotations

import getpass
import sys
from dataclasses import asdict

import click

from community_metrics.cli.common import common_options, progress, settings, show, table

SHORT_SUM = 12


@click.command()
@common_options
@click.option("--platform", required=True, help="The platform of the id, as in the data: wecom, wechat, slack ...")
@click.option("--member", required=True, metavar="ID", help="The raw id of the person (- reads it from standard input).")
@click.option("--account", help="The platform account within which the id is unique; without it all that are known.")
@click.option("--id-kind", help="The kind of the id; without it all that are known.")
@click.option("--reason", default="", help="Why: for the audit record, without names.")
@click.option("--by", default=None, help="Who orders it; without it the user of this machine.")
@click.option("--only-this-id", is_flag=True, help="Leave the other accounts that evidence joins to the same person.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def erase(
    platform: str, member: str, account: str | None, id_kind: str | None, reason: str, by: str | None, only_this_id: bool, dry_run: bool
) -> None:
    """Take a person out of the landing and everything after it, and keep them out. The next `run` publishes without them."""
    from community_metrics import erasing

    if member == "-":
        # A command line is kept in histories and shown in lists of processes.
        member = sys.stdin.readline()
    with progress("erase"):
        report = erasing.erase(
            settings(), platform, member, account, id_kind, by or getpass.getuser(), reason, only_this_id=only_this_id, is_rehearsal=dry_run
        )
    rows, cells = sum(file.rows for file in report.files), sum(file.cells for file in report.files)
    verb = "would go" if dry_run else "went"
    lines = [f"{file.sha256[:SHORT_SUM]}  {file.rows} rows, {file.cells} cells in rows about others" for file in report.files]
    lines.append(f"{rows} rows and {cells} cells {verb} out of {len(report.files)} files; {report.linked} linked ids are the same person's")
    if not report.files:
        lines.append("no landed file names this id" + ("" if dry_run else ": it is kept out from now on"))
    for sha256 in report.unread:
        click.echo(f"unread: the file cannot be opened - {sha256} - look at it by hand; see docs/runbooks/erase-a-person.md", err=True)
    for path in report.waiting:
        click.echo(f"waiting: the file stays in the inbox - {path} - mend or remove it; it is looked through when it lands", err=True)
    for name in report.pinned:
        click.echo(f"pinned: the release holds the person - {name} - `community-metrics releases unpin {name}`", err=True)
    if not dry_run:
        lines.append(f"recorded as erasure {report.number}; `community-metrics run` publishes without them")
        lines += [f"release {name} holds the person until it expires" for name in report.releases if name not in report.pinned]
        lines.append("backups made before hold the person until they are removed")
    show({**report.to_dict(), "dry_run": dry_run}, lines)


@click.command()
@common_options
def erasures() -> None:
    """The audit record: who ordered which erasure when and why, and what went; the person only as a keyed hash."""
    from community_metrics.landing.erasures import ErasureLedger

    with ErasureLedger(settings().ledger_path) as ledger:
        orders, files = ledger.erasures(), ledger.erased_files()
    columns = ("number", "ordered_at", "ordered_by", "finished_at", "files", "rows", "cells", "person", "reason")
    lines = table(columns, [[getattr(order, name) for name in columns] for order in orders]) if orders else ["nobody has been erased"]
    show({"erasures": [asdict(order) for order in orders], "files": [asdict(file) for file in files]}, lines)
