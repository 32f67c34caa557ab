"""What has landed: `land`, `ledger` and `quarantine`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from community_metrics.cli.common import common_options, finish, progress, settings, show, table, wants_json

if TYPE_CHECKING:
    from community_metrics.landing.ledger import Ledger
    from community_metrics.landing.records import Landing, LandResult

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
SHOWN_ROWS = 100
SHORT_SUM = 12


@click.command()
@common_options
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--source", help="What the files hold; without it the template's signature decides.")
@click.option("--account", help="The account that the files are about.")
@click.option("--period", metavar="DATE", help="The last business date that the files cover whole.")
@click.option("--snapshot-at", metavar="INSTANT", help="The moment whose state the files show; without it the moment of landing.")
def land(files: tuple[Path, ...], source: str | None, account: str | None, period: str | None, snapshot_at: str | None) -> None:
    """Store files as received and record them. What no template recognises is kept and reported."""
    from community_metrics.landing.inbox import land_files

    with progress("land"):
        results = land_files(settings(), files, source, account, period, snapshot_at)
    for result in results:
        if result.outcome in ("unrecognised", "refused"):
            click.echo(f"{result.outcome}: {result.message}", err=True)
    lines = [f"{result.outcome} {_sum_of(result)} {result.path}: {result.message}" for result in results if result.outcome != "refused"]
    show({"files": [_land_result(result) for result in results]}, lines)
    finish(2 if any(result.outcome == "refused" for result in results) else 0)


def _sum_of(result: LandResult) -> str:
    return result.landing.sha256[:SHORT_SUM] if result.landing else "-"


def _land_result(result: LandResult) -> dict[str, Any]:
    landing = _landing(result.landing) if result.landing else None
    return {"path": result.path, "outcome": result.outcome, "message": result.message, "landing": landing}


@click.group(invoke_without_command=True)
@common_options
@click.pass_context
def ledger(context: click.Context) -> None:
    """What has landed, and what became of it (as `ledger show`)."""
    if context.invoked_subcommand is None:
        context.invoke(show_ledger)


@ledger.command("show")
@common_options
@click.argument("sha256", metavar="[SHA]", required=False)
def show_ledger(sha256: str | None = None) -> None:
    """All landings, or everything about those of one file (the first characters of its sha256)."""
    from community_metrics.landing.ledger import Ledger

    with Ledger(settings().ledger_path) as opened:
        landings = _chosen(opened.landings(), sha256)
        if sha256 is None:
            show({"landings": [_landing(landing) for landing in landings]}, _landing_table(landings))
            return
        details = [_details(opened, landing) for landing in landings]
    lines = [
        f"{name:<18} {'-' if value in (None, '') else value}"
        for detail in details
        for name, value in detail.items()
        if name != "lake_files"
    ]
    lines += [f"{'lake file':<18} {file['path']} ({file['rows']} rows)" for detail in details for file in detail["lake_files"]]
    show({"landings": details}, lines)


@ledger.command()
@common_options
@click.argument("sha256", metavar="SHA")
@click.option("--reason", required=True, help="Why, for those who will ask.")
def withdraw(sha256: str, reason: str) -> None:
    """Take a file that was landed by mistake out of the numbers. The next run publishes without it."""
    from community_metrics.landing.ledger import Ledger

    with Ledger(settings().ledger_path) as opened:
        landings = opened.withdraw(sha256, reason)
    lines = [f"withdrawn {landing.sha256[:SHORT_SUM]} {landing.original_name} ({landing.source or '-'})" for landing in landings]
    show({"landings": [_landing(landing) for landing in landings]}, [*lines, "the next `community-metrics run` publishes without it"])


@ledger.command()
@common_options
def verify() -> None:
    """Read every landed file and every file of the lake, byte for byte: are they what was received and written?"""
    from community_metrics.lake.soundness import look_over
    from community_metrics.landing.store import object_path

    chosen = settings()
    with progress("verify"):
        looked = look_over(chosen)
    for path in looked.lake:
        click.echo(f"the file is damaged or missing - {chosen.home / path} - `community-metrics ingest` reads it anew", err=True)
    for sha256 in looked.landed:
        where = object_path(chosen, sha256)
        click.echo(f"the landed bytes are damaged or missing - {where} - land the same file again, or restore a backup", err=True)
    found = "all are sound" if looked.is_sound else f"{len(looked.lake)} of the lake and {len(looked.landed)} landed ones are damaged"
    show(looked.to_dict(), [f"{looked.files} files read: {found}"])
    finish(0 if looked.is_sound else 1)


@click.group(invoke_without_command=True)
@common_options
@click.pass_context
def quarantine(context: click.Context) -> None:
    """The rows that were not taken, and why (as `quarantine list`)."""
    if context.invoked_subcommand is None:
        context.invoke(list_quarantine)


@quarantine.command("list")
@common_options
def list_quarantine() -> None:
    """Quarantined rows by file, column and reason."""
    from community_metrics.cli.quarantined import count_by_reason, count_erased

    chosen = settings()
    counts = count_by_reason(chosen, _with_quarantine(chosen.ledger_path, None)) + count_erased(chosen)
    columns = ("sha256", "name", "source", "stream", "column", "reason_code", "rows", "remedy")
    rows = [[count[name][:SHORT_SUM] if name == "sha256" else count[name] for name in columns] for count in counts]
    show({"quarantine": counts}, table(columns, rows) if counts else ["the quarantine is empty"])


@quarantine.command("show")
@common_options
@click.argument("sha256", metavar="[SHA]", required=False)
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN_ROWS, show_default=True, help="How many rows to show.")
def show_quarantine(sha256: str | None, limit: int) -> None:
    """The quarantined rows of a file (or of all): row number in the file, column, masked value, reason, what to do."""
    from community_metrics.cli.quarantined import read_rows

    chosen = settings()
    rows = read_rows(chosen, _with_quarantine(chosen.ledger_path, sha256), limit)
    columns = ("sha256", "name", "stream", "row_no", "column", "shown", "reason_code", "account_id", "business_date", "remedy")
    lines = table(columns, [[row[name][:SHORT_SUM] if name == "sha256" else row[name] for name in columns] for row in rows])
    show({"rows": rows}, lines if rows else ["the quarantine is empty"])
    if len(rows) == limit and not wants_json():
        click.echo(f"only {limit} rows are shown: see --limit", err=True)


def _with_quarantine(ledger_path: Path, sha256: str | None) -> list[Landing]:
    from community_metrics.landing.ledger import Ledger

    with Ledger(ledger_path) as opened:
        landings = _chosen(opened.landings(), sha256)
    return [landing for landing in landings if landing.quarantined and landing.status != "withdrawn"]


def _chosen(landings: list[Landing], sha256: str | None) -> list[Landing]:
    from community_metrics.errors import CommunityMetricsError

    if sha256 is None:
        return landings
    found = [landing for landing in landings if landing.sha256.startswith(sha256.strip().lower())]
    if not found:
        raise CommunityMetricsError(f"no landed file has the sha256 {sha256}", "ledger", "`community-metrics ledger show` lists them")
    return found


def _landing_table(landings: list[Landing]) -> list[str]:
    if not landings:
        return ["nothing has landed yet"]
    headers = ("sha256", "status", "source", "account", "rows", "accepted", "quarantined", "landed", "name", "reason")
    return table(
        headers,
        [
            (
                landing.sha256[:SHORT_SUM],
                landing.status,
                landing.source,
                landing.account_id,
                landing.rows,
                landing.accepted,
                landing.quarantined,
                landing.landed_at.strftime("%Y-%m-%d %H:%M"),
                landing.original_name,
                landing.reason_code,
            )
            for landing in landings
        ],
    )


def _landing(landing: Landing) -> dict[str, Any]:
    return {
        **vars(landing),
        "landed_at": landing.landed_at.isoformat(),
        "snapshot_at": landing.snapshot_at.isoformat(),
        "period": landing.period.isoformat() if landing.period else None,
        "drift": dict(landing.drift),
    }


def _details(opened: Ledger, landing: Landing) -> dict[str, Any]:
    files = opened.lake_files(landing.landing_id)
    return {
        **_landing(landing),
        "lake_files": [
            {"stream": file.stream, "business_date": str(file.business_date), "path": file.path, "rows": file.rows} for file in files
        ],
    }
