"""The history of releases: list, show, verify, diff, rollback."""

from __future__ import annotations

import click

from community_metrics.cli.common import common_options, finish, progress, settings, show, table

SHOWN_CHANGES = 1000


@click.group()
@common_options
def releases() -> None:
    """The published releases: list, show, verify, compare, roll back."""


@releases.command("list")
@common_options
def list_() -> None:
    """All releases, newest first."""
    from community_metrics.releases.history import list_releases

    found = list_releases(settings())
    rows = [(release.release_id, release.state, release.data_through, release.inputs, release.rows, release.warnings) for release in found]
    lines = table(("release", "state", "data through", "inputs", "rows", "warnings"), rows) if found else ["nothing is published yet"]
    show({"releases": [release.to_dict() for release in found]}, lines)


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
@click.argument("old")
@click.argument("new")
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN_CHANGES, show_default=True, help="How many changes to list.")
def diff(old: str, new: str, limit: int) -> None:
    """The cells that differ between two releases, by mart and key, with the old and the new value."""
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
                lines.append(
                    f"  {key} {change.column}: {'-' if change.old is None else change.old} -> {'-' if change.new is None else change.new}"
                )
            else:
                lines.append(f"  {key}: row {change.kind}")
    if not comparison.marts:
        lines.append("no mart differs")
    if not comparison.is_complete:
        lines.append(f"only the first {len(comparison.changes)} changes are listed: see --limit")
    show(comparison.to_dict(), lines)


@releases.command()
@common_options
@click.argument("release_id", metavar="ID")
def rollback(release_id: str) -> None:
    """Show another release to readers, at once. It stays until something new has landed."""
    from community_metrics.locks import writer_lock
    from community_metrics.releases.history import roll_back
    from community_metrics.releases.publish import recover

    chosen = settings()
    with writer_lock(chosen, "releases rollback"):
        recover(chosen)
        report = roll_back(chosen, release_id)
    show(report.to_dict(), [f"readers see {report.release_id} now, instead of {report.previous_release_id}"])
