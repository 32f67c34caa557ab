"""The history of releases: list, show, verify, compare, restatements, roll back, keep and remove."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from community_metrics.cli.common import common_options, finish, progress, settings, show, table

SHOWN_CHANGES = 1000


@click.group()
@common_options
def releases() -> None:
    """The published releases: list, show, verify, compare, roll back, keep and remove."""


@releases.command("list")
@common_options
def list_() -> None:
    """All releases, newest first."""
    from community_metrics.releases.history import list_releases
    from community_metrics.releases.retention import pins

    chosen = settings()
    found, pinned = list_releases(chosen), pins(chosen)
    rows = [
        (entry.release_id, entry.state, entry.data_through, entry.inputs, entry.rows, entry.warnings, pinned.get(entry.release_id))
        for entry in found
    ]
    headers = ("release", "state", "data through", "inputs", "rows", "warnings", "pinned")
    lines = table(headers, rows) if found else ["nothing is published yet"]
    show({"releases": [{**entry.to_dict(), "pinned": pinned.get(entry.release_id)} for entry in found]}, lines)


@releases.command("show")
@common_options
@click.argument("release_id", metavar="[ID]", required=False)
def show_(release_id: str | None) -> None:
    """The manifest of a release (the current one): inputs, checks, marts, warnings."""
    from community_metrics.cli.overview import release_or_current
    from community_metrics.releases.manifest import read_manifest
    from community_metrics.releases.pointer import release_path

    chosen = settings()
    manifest = read_manifest(release_path(chosen, release_or_current(chosen, release_id)))
    facts = ("release_id", "created_at", "code_version", "previous_release_id", "data_through", "timezone", "week_start", "fingerprint")
    lines = [f"{name.replace('_', ' '):<20} {manifest.get(name) or '-'}" for name in facts]
    lines += ["", *table(("mart", "rows", "digest"), [(mart["name"], mart["rows"], mart["digest"]) for mart in manifest["marts"]])]
    inputs = [
        (entry["source"], entry["account"], entry["period"], entry["sha256"][:12], entry["rows"], entry["quarantined"])
        for entry in manifest["inputs"]
    ]
    lines += ["", *table(("source", "account", "period", "sha256", "rows", "quarantined"), inputs)]
    outcomes = sorted({check["status"] for check in manifest["checks"]})
    counted = [f"{sum(check['status'] == outcome for check in manifest['checks'])} {outcome}" for outcome in outcomes]
    lines += ["", f"checks: {', '.join(counted) or 'none'}", *(f"warning: {warning['message']}" for warning in manifest["warnings"])]
    lines += [f"refused before: {refusal['refused_at']} {refusal['reason']}" for refusal in manifest["refusals"]]
    show(manifest, lines)


@releases.command()
@common_options
@click.argument("release_id", metavar="[ID]", required=False)
def verify(release_id: str | None) -> None:
    """Compute every sha256 and every digest of a release (the current one) again; exit 1 if anything differs."""
    from community_metrics.cli.overview import release_or_current
    from community_metrics.releases.verify import verify_release

    chosen = settings()
    with progress("verify"):
        report = verify_release(chosen, release_or_current(chosen, release_id))
    for problem in report.problems:
        click.echo(
            f"error: {problem.what} - {report.release_id}/{problem.where} - roll back to another release, or land something and run",
            err=True,
        )
    good = f"{report.release_id} is whole: {report.files} files, {report.marts} marts as published"
    bad = f"{report.release_id} is damaged: {len(report.problems)} problems"
    show(report.to_dict(), [bad if report.problems else good])
    finish(1 if report.problems else 0)


@releases.command()
@common_options
def rebuild() -> None:
    """Build everything once more beside the warehouse and compare it with the current release; exit 1 if a mart differs."""
    from community_metrics.rebuilding import compare_rebuild

    with progress("rebuild"):
        report = compare_rebuild(settings())
    lines = [f"{found.mart}: {found.published_rows} rows published, {found.rebuilt_rows} rebuilt" for found in report.differences]
    good = f"{report.release_id} is what a rebuild makes: {report.marts} marts, {report.seconds:.0f} s"
    show(report.to_dict(), lines or [good])
    finish(0 if report.is_equal else 1)


@releases.command()
@common_options
@click.argument("old")
@click.argument("new")
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN_CHANGES, show_default=True, help="How many changes to list.")
def diff(old: str, new: str, limit: int) -> None:
    """The cells that differ between two releases, by mart and key, with the old and the new value, and why."""
    from community_metrics.releases.compare import compare_releases

    with progress("compare"):
        comparison = compare_releases(settings(), old, new, limit)
    lines = []
    for mart in comparison.marts:
        lines.append(f"{mart.mart}: {mart.added_rows} rows added, {mart.removed_rows} removed, {mart.changed_cells} cells changed")
        lines += [f"  column {name} is new" for name in mart.added_columns]
        lines += [f"  column {name} is gone" for name in mart.removed_columns]
        for change in (change for change in comparison.changes if change.mart == mart.mart):
            key = " ".join(f"{name}={'-' if value is None else value}" for name, value in change.key.items())
            if change.kind == "changed":
                lines.append(f"  {key} {change.column}: {_said(change.old)} -> {_said(change.new)} ({change.cause})")
            else:
                lines.append(f"  {key}: row {change.kind}{f' ({change.cause})' if change.cause else ''}")
    if not comparison.marts:
        lines.append("no mart differs")
    if not comparison.is_complete:
        lines.append(f"only the first {len(comparison.changes)} changes are listed: see --limit")
    show(comparison.to_dict(), lines)


@releases.command()
@common_options
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Since then (in the project's time zone).")
@click.option("--mart", help="Of one mart.")
@click.option("--metric", help="Of one column.")
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN_CHANGES, show_default=True, help="How many to list.")
def restatements(since: datetime | None, mart: str | None, metric: str | None, limit: int) -> None:
    """Past numbers that readers see otherwise than before, newest first: old, new, cause and evidence."""
    from community_metrics.releases.restatement_ledger import read_restatements

    chosen = settings()
    instant = since.replace(tzinfo=chosen.zone).astimezone(UTC).replace(tzinfo=None) if since else None
    found, known = read_restatements(chosen, limit, instant, mart, metric)
    lines = [
        f"{entry.restated_at[:16]}Z {entry.mart} {entry.metric} {_key_said(entry.key)}: {entry.old} -> {_said(entry.new)} ({entry.cause})"
        for entry in found
    ]
    if known > len(found):
        lines.append(f"only the newest {len(found)} of {known} are listed: see --limit")
    show({"restatements": [entry.to_dict() for entry in found], "known": known}, lines or ["no past number has changed"])


def _said(value: str | None) -> str:
    return "-" if value is None else value


def _key_said(key: str) -> str:
    return " ".join(f"{name}={_said(value)}" for name, value in json.loads(key).items())


@releases.command()
@common_options
@click.argument("release_id", metavar="ID")
def rollback(release_id: str) -> None:
    """Show another release to readers, at once. It stays until something new has landed."""
    from community_metrics.locks import writer_lock
    from community_metrics.releases.history import roll_back
    from community_metrics.releases.publish import recover
    from community_metrics.releases.restatement_ledger import close_ledger

    chosen = settings()
    with writer_lock(chosen, "releases rollback"):
        recover(chosen)
        report = roll_back(chosen, release_id)
        show(report.to_dict(), [f"readers see {report.release_id} now, instead of {report.previous_release_id}"])
        close_ledger(chosen)


@releases.command()
@common_options
@click.argument("release_id", metavar="ID")
@click.option("--reason", required=True, help="Why it is kept: shown in the list.")
def pin(release_id: str, reason: str) -> None:
    """Keep a release whatever its age, until it is unpinned."""
    from community_metrics.locks import writer_lock
    from community_metrics.releases import retention

    chosen = settings()
    with writer_lock(chosen, "releases pin"):
        retention.pin(chosen, release_id, reason)
    show({"release_id": release_id, "pinned": reason}, [f"{release_id} is kept: {reason}"])


@releases.command()
@common_options
@click.argument("release_id", metavar="ID")
def unpin(release_id: str) -> None:
    """Leave a pinned release to the retention again."""
    from community_metrics.locks import writer_lock
    from community_metrics.releases import retention

    chosen = settings()
    with writer_lock(chosen, "releases unpin"):
        retention.unpin(chosen, release_id)
    show({"release_id": release_id, "pinned": None}, [f"{release_id} is no longer pinned"])


@releases.command()
@common_options
@click.option("--dry-run", is_flag=True, help="Say which, remove none.")
def expire(dry_run: bool) -> None:
    """Remove releases beyond the retention; never what is current, pinned or being read. Publishing does the same."""
    from community_metrics.locks import writer_lock
    from community_metrics.releases.publish import recover
    from community_metrics.releases.retention import expire_releases

    chosen = settings()
    with writer_lock(chosen, "releases expire"):
        recover(chosen)
        outcomes = expire_releases(chosen, is_rehearsal=dry_run)
    gone = "would be removed" if dry_run else "removed"
    why = {True: ", holds somebody who was erased", False: ""}
    lines = [
        f"{outcome.release_id}  {f'kept, {outcome.kept}' if outcome.kept else gone}{why[outcome.holds_erased]}" for outcome in outcomes
    ]
    show({"dry_run": dry_run, "releases": [outcome.to_dict() for outcome in outcomes]}, lines or ["nothing is beyond the retention"])
